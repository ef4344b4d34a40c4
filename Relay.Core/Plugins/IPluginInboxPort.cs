namespace Relay.Core.Plugins;

/// <summary>What a plugin's inbox causes. Calls never block, never run plugin code, and never call back in the same turn.</summary>
public interface IPluginInboxPort
{
    /// <summary>When the plugin code that was asked for last began to run; null while it waits for a thread.</summary>
    TimeSpan? RunningSince { get; }

    /// <summary>Makes an instance and starts it; the answer is <see cref="PluginInbox.InstanceReady"/>, <see cref="PluginInbox.StartRefused"/> or <see cref="PluginInbox.CodeCrashed"/>.</summary>
    /// <param name="incarnation">The instance's number.</param>
    void Start(long incarnation);

    /// <summary>Runs the handler; the answer is <see cref="PluginInbox.HandlerEnded"/> or <see cref="PluginInbox.CodeCrashed"/>.</summary>
    /// <param name="request">The message.</param>
    void Run(PluginRequest request);

    /// <summary>Runs <c>resume</c> or <c>shutdown</c>; the answer is <see cref="PluginInbox.PresenceHandled"/> or <see cref="PluginInbox.CodeCrashed"/>.</summary>
    /// <param name="incarnation">The instance's number.</param>
    /// <param name="present">Resume or shutdown.</param>
    void RunPresence(long incarnation, bool present);

    /// <summary>Lets the instance end in good order; the answer is <see cref="PluginInbox.InstanceStopped"/> or <see cref="PluginInbox.CodeCrashed"/>.</summary>
    /// <param name="incarnation">The instance's number.</param>
    void Stop(long incarnation);

    /// <summary>Fires the instance's token.</summary>
    /// <param name="incarnation">The instance's number.</param>
    void Cancel(long incarnation);

    /// <summary>Fires a detached request's token.</summary>
    /// <param name="request">The request.</param>
    void Cancel(PluginRequest request);

    /// <summary>
    /// Fences an instance for good: its context and its store do nothing from now on. It is disposed once none of its code
    /// runs; code that still runs is abandoned.
    /// </summary>
    /// <param name="incarnation">The instance's number.</param>
    void Fence(long incarnation);

    /// <summary>Wants <see cref="PluginInbox.Sweep"/> to be called now and then as long as <see cref="PluginInbox.NeedsSweep"/>.</summary>
    void WantSweep();

    /// <summary>Tells the hub that an instance is ready.</summary>
    /// <param name="incarnation">The instance's number.</param>
    void ReportStarted(long incarnation);

    /// <summary>Tells the hub that an instance crashed.</summary>
    /// <param name="incarnation">The instance's number.</param>
    /// <param name="cause">What happened.</param>
    void ReportCrashed(long incarnation, CrashCause cause);

    /// <summary>Tells the hub that an instance ended without a crash.</summary>
    /// <param name="incarnation">The instance's number.</param>
    /// <param name="waiting">Whether messages wait.</param>
    void ReportEnded(long incarnation, bool waiting);

    /// <summary>Tells the hub that a message waits and no instance is there.</summary>
    void ReportWanted();

    /// <summary>A message was dropped because its connection is gone and the inbox is full; for the counters.</summary>
    void ReportDropped();
}

/// <summary>Why an instance counts as crashed.</summary>
public enum CrashCause
{
    /// <summary>An exception came out of its code.</summary>
    Exception,

    /// <summary>Its code ran for longer than the time limit.</summary>
    TimeLimit,
}
