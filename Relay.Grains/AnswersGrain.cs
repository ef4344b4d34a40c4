using Orleans.Concurrency;
using Orleans.Placement;
using Relay.Core;
using Relay.Core.Answers;
using Relay.Core.Runtime;
using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A part of the answers that are kept for a tenant's back ends.</summary>
[Alias("relay.IAnswersGrain")]
internal interface IAnswersGrain : IGrainWithStringKey
{
    /// <summary>See <see cref="AnswerTable.Begin"/>.</summary>
    [AlwaysInterleave, Alias("Begin")]
    Task<AnswerReply> Begin(string key, string request);

    /// <summary>See <see cref="IAnswerRuntime.EndAsync"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="number">The request's number.</param>
    /// <param name="status">The answer's status, or 0 when the request has come to nothing.</param>
    /// <param name="body">The answer's body.</param>
    [AlwaysInterleave, Alias("End")]
    Task End(string key, long number, int status, [Immutable] byte[] body);
}

/// <summary>Hosts an <see cref="AnswerTable"/>. It is kept as long as anything is in it, and lost with its silo.</summary>
[PreferLocalPlacement]
internal sealed class AnswersGrain(SiloHubs silo, ClusterOptions cluster) : Grain, IAnswersGrain
{
    private readonly AnswerTable _table = new(
        silo.Options.Answers with
        {
            MaxKeys = (silo.Options.Answers.MaxKeys + cluster.CentralShards - 1) / cluster.CentralShards,
            MaxBytes = silo.Options.Answers.MaxBytes / cluster.CentralShards,
        },
        silo.NextEpoch());

    public Task<AnswerReply> Begin(string key, string request)
    {
        var begun = _table.Begin(key, request, new(silo.Clock.Now));
        // Not collected as idle before the answers may be forgotten.
        DelayDeactivation(silo.Options.Answers.Window);
        return Task.FromResult(new AnswerReply((int)begun.Phase, begun.Number, begun.Answer?.Status ?? 0, begun.Answer?.Body ?? []));
    }

    public Task End(string key, long number, int status, byte[] body)
    {
        if (status == 0) _table.GiveUp(key, number);
        else _table.Complete(key, number, new(status, body));
        return Task.CompletedTask;
    }
}

/// <summary>The answers that a cluster keeps, as a gateway speaks to them.</summary>
internal sealed class ClusterAnswers(OrleansRuntime runtime) : IAnswerRuntime
{
    public async ValueTask<AnswerBegin> BeginAsync(TenantId tenant, string key, string request)
    {
        var reply = await Grain(tenant, key).Begin(key, request);
        return new(Known.Phase(reply.Phase), reply.Number, reply.Status == 0 ? null : new(reply.Status, reply.Body));
    }

    public async ValueTask EndAsync(TenantId tenant, string key, long number, KeptAnswer? answer) => await Grain(tenant, key).End(key, number, answer?.Status ?? 0, answer?.Body ?? []);

    // A key is spread as a user's id is.
    private IAnswersGrain Grain(TenantId tenant, string key)
    {
        TenantContext.Set(tenant);
        return runtime.Grains.Answers(CentralKey.Of(new UserKey(tenant, key), runtime.Options.CentralShards));
    }
}
