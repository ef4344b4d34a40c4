namespace Relay.Core.Runtime;

/// <summary>A mailbox as the trampoline and the pool see it: owned by one thread at a time, no Task, thread or timer while idle.</summary>
internal abstract class Actor : IThreadPoolWorkItem
{
    /// <summary>Runs turns. The caller owns the mailbox.</summary>
    internal abstract void Drain(TurnScope scope);

    void IThreadPoolWorkItem.Execute()
    {
        using var opened = TurnScope.EnterOnPool();
        opened.Scope.Ready(this);
    }
}

/// <summary>One piece of plugin code to be run: on the tail of a scope, or on the pool.</summary>
internal abstract class UserRun : IThreadPoolWorkItem
{
    /// <summary>Whether the code promised to be quick and never to block.</summary>
    internal abstract bool Inline { get; }

    /// <summary>Runs it. It never throws.</summary>
    /// <returns>What came of it, when that is known already.</returns>
    internal abstract UserOutcome Invoke(TurnScope scope);

    /// <summary>Tells the actor whose code it was what came of it. The thread is out of plugin code by now.</summary>
    internal abstract void Report(in UserOutcome outcome);

    void IThreadPoolWorkItem.Execute()
    {
        using var opened = TurnScope.EnterOnPool();
        opened.Scope.Run(this);
    }
}
