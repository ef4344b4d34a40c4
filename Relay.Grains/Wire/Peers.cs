using Relay.Core.Protocol;
using Relay.Core.Runtime;

namespace Relay.Grains.Wire;

/// <summary>One end of a pipe, wherever it is.</summary>
/// <param name="Gateway">Its gateway.</param>
/// <param name="Number">The end, at that gateway.</param>
/// <param name="Born">When it came, by its gateway's clock: of two ends of one peer the later one counts.</param>
[GenerateSerializer, Immutable, Alias("relay.PipeEndRef")]
internal sealed record PipeEndRef([property: Id(0)] GatewayRef Gateway, [property: Id(1)] long Number, [property: Id(2)] long Born)
{
    // A gateway's directory may have changed since.
    public bool Equals(PipeEndRef? other) => other is not null && Number == other.Number && Gateway.Id == other.Gateway.Id;

    public override int GetHashCode() => HashCode.Combine(Gateway.Id, Number);
}

/// <summary>What became of an end that has come.</summary>
/// <param name="Partner">The end that it is a pair with, and has to begin with; or null: it waits.</param>
/// <param name="Replaced">An end that waited in its place before.</param>
[GenerateSerializer, Immutable, Alias("relay.PipeReply")]
internal sealed record PipeReply([property: Id(0)] PipeEndRef? Partner, [property: Id(1)] PipeEndRef? Replaced);

/// <summary>A peer of a gateway is interested in a document, or not any more.</summary>
[GenerateSerializer, Immutable, Alias("relay.Interest")]
internal readonly record struct Interest([property: Id(0)] string PeerId, [property: Id(1)] bool IsJoin);

/// <summary>A peer somewhere in the cluster.</summary>
[GenerateSerializer, Immutable, Alias("relay.PeerPlace")]
internal readonly record struct PeerPlace([property: Id(0)] string PeerId, [property: Id(1)] GatewayRef Gateway);

/// <summary>What a document answers a gateway.</summary>
/// <param name="Others">For each join in its order, the other peers.</param>
/// <param name="KnewGateway">Whether it had heard of the gateway before: a document that began anew knows only part of the peers, and those that joined meanwhile have to meet again.</param>
/// <param name="Acquainted">
/// The number of the document's acquaintance with the gateway, which it has from when it first heard of it: the same says that it has not begun anew since,
/// also when answers in between were lost. 0 from a build that has no such numbers.
/// </param>
[GenerateSerializer, Immutable, Alias("relay.DocumentReply")]
internal sealed record DocumentReply([property: Id(0)] PeerPlace[][] Others, [property: Id(1)] bool KnewGateway, [property: Id(2)] long Acquainted);

/// <summary>A batch of a trunk; see <see cref="TrunkBatch"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.TrunkMessage")]
internal sealed record TrunkMessage([property: Id(0)] GatewayRef From, [property: Id(1)] long Birth, [property: Id(2)] long Number, [property: Id(3)] TrunkPart[] Items)
{
    public TrunkBatch ToBatch() => new(From.Id, Birth, Number, [.. Items.Select(static item => item.ToItem())]);
}

/// <summary>One item of it; see <see cref="TrunkItem"/>.</summary>
[GenerateSerializer, Immutable, Alias("relay.TrunkPart")]
internal readonly record struct TrunkPart(
    [property: Id(0)] int Kind,
    [property: Id(1)] long To,
    [property: Id(2)] long From,
    [property: Id(3)] byte[]? Bytes,
    [property: Id(4)] int Framed,
    [property: Id(5)] bool EndsInside,
    [property: Id(6)] int CreditMessages,
    [property: Id(7)] int CreditBytes,
    [property: Id(8)] int Reason,
    [property: Id(9)] string[]? Texts)
{
    public static TrunkPart Of(in TrunkItem item) => new(
        (int)item.Kind, item.To, item.From, item.Frame.Bytes, item.Frame.Framed, item.Frame.EndsInside, item.Credit.Messages, item.Credit.Bytes, (int)item.Reason, item.Texts);

    public TrunkItem ToItem() => new((TrunkKind)Kind, To, From)
    {
        Frame = Bytes is null ? default : new Frame(Bytes, IsText: false) { Framed = Framed, EndsInside = EndsInside },
        Credit = new(CreditMessages, CreditBytes),
        Reason = Known.Close(Reason),
        Texts = Texts,
    };
}
