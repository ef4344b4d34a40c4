using Relay.Grains.Wire;

namespace Relay.Grains;

/// <summary>A document of the cluster: which peers are interested in it, and at which gateways.</summary>
[Alias("relay.IDocumentGrain")]
internal interface IDocumentGrain : IGrainWithStringKey
{
    /// <summary>A gateway's peers have changed their minds. May come twice.</summary>
    [Alias("Change")]
    Task<DocumentReply> Change(GatewayRef gateway, Interest[] changes);

    /// <summary>A gateway repeats all of its peers that are interested.</summary>
    /// <returns>As <see cref="DocumentReply.KnewGateway"/>.</returns>
    [Alias("Sync")]
    Task<bool> Sync(GatewayRef gateway, string[] peers);
}

/// <summary>Two peers that want to talk about a document. It brings their ends together; what they say goes from gateway to gateway.</summary>
[Alias("relay.IPeerPipeGrain")]
internal interface IPeerPipeGrain : IGrainWithStringKey
{
    /// <summary>An end has come, or still waits.</summary>
    /// <param name="end">The end.</param>
    /// <param name="isSecond">Which of the two peers it is.</param>
    /// <param name="gone">An end that it was to begin with, and that was not there any more.</param>
    [Alias("Arrive")]
    Task<PipeReply> Arrive(PipeEndRef end, bool isSecond, PipeEndRef? gone);

    /// <summary>An end has closed.</summary>
    [Alias("Leave")]
    Task Leave(PipeEndRef end);
}
