using System.Collections.Concurrent;
using Relay.Core.Answers;

namespace Relay.Core.Runtime;

/// <summary>The answers that one process keeps.</summary>
internal sealed class LocalAnswers(AnswerLimits limits, RuntimeClock clock, Action<Exception, string> fault) : IAnswerRuntime
{
    private readonly ConcurrentDictionary<TenantId, AnswersActor> _tenants = new();

    public async ValueTask<AnswerBegin> BeginAsync(TenantId tenant, string key, string request)
    {
        while (true)
        {
            var actor = _tenants.GetOrAdd(tenant, static (name, answers) => new(answers, name), this);
            if (await actor.AskAsync((table, turn) => table.Begin(key, request, turn)) is { } begun) return begun;
        }
    }

    public async ValueTask EndAsync(TenantId tenant, string key, long number, KeptAnswer? answer)
    {
        if (!_tenants.TryGetValue(tenant, out var actor)) return;
        await actor.AskAsync((table, _) =>
        {
            if (answer is null) table.GiveUp(key, number);
            else table.Complete(key, number, answer);
            return default(AnswerBegin);
        });
    }

    /// <summary>Tenants of which something is kept.</summary>
    internal int Tenants => _tenants.Count;

    /// <summary>Time has passed.</summary>
    internal void Sweep()
    {
        foreach (var (_, actor) in _tenants) actor.Post(default);
    }

    /// <summary>Hosts a tenant's table. One that has become empty is over, and another one takes its place: names of tenants cost nothing for ever.</summary>
    private sealed class AnswersActor(LocalAnswers answers, TenantId tenant) : Mailbox<AnswersInput>(answers.Clock)
    {
        private readonly AnswerTable _table = new(answers.Limits, answers.Clock.Now.Ticks);
        private bool _isOver;

        internal Task<AnswerBegin?> AskAsync(Func<AnswerTable, Turn, AnswerBegin> query)
        {
            var answer = new TaskCompletionSource<AnswerBegin?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Post(new(query, answer));
            return answer.Task;
        }

        protected override void OnTurn(in AnswersInput input, Turn turn)
        {
            if (input.Query is { } query)
            {
                input.Answer!.TrySetResult(_isOver ? null : query(_table, turn));
                return;
            }

            _table.Expire(turn);
            if (_table.Count > 0 || _isOver) return;
            _isOver = true;
            answers._tenants.TryRemove(new(tenant, this));
        }

        protected override void OnFault(Exception exception) => answers.Fault(exception, "kept answers");
    }

    private readonly record struct AnswersInput(Func<AnswerTable, Turn, AnswerBegin>? Query, TaskCompletionSource<AnswerBegin?>? Answer);

    private AnswerLimits Limits => limits;

    private RuntimeClock Clock => clock;

    private Action<Exception, string> Fault => fault;
}
