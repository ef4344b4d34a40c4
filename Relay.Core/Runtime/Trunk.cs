using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Core.Runtime;

/// <summary>What an item on a trunk means.</summary>
public enum TrunkKind
{
    /// <summary>News for the gateway itself, of no stream.</summary>
    News = 0,

    /// <summary>A stream is to begin between the sender's end and the receiver's.</summary>
    Begin = 1,

    /// <summary>The receiver's end has taken the beginning.</summary>
    Begun = 2,

    /// <summary>The receiver's end has not: it is not there any more, or has another partner.</summary>
    Gone = 3,

    /// <summary>Bytes of a stream; they hold credit of the sender's end until they have been passed on.</summary>
    Data = 4,

    /// <summary>Credit comes back.</summary>
    Credit = 5,

    /// <summary>The sender's end has ended after all that it has sent.</summary>
    Finish = 6,

    /// <summary>The receiver's end is to be closed.</summary>
    Close = 7,
}

/// <summary>One thing that goes from one gateway to another.</summary>
/// <param name="Kind">What.</param>
/// <param name="To">The receiver's end, 0 for news.</param>
/// <param name="From">The sender's end, where the receiver has to know it.</param>
public readonly record struct TrunkItem(TrunkKind Kind, long To, long From = 0)
{
    /// <summary>Of <see cref="TrunkKind.Data"/>.</summary>
    public Frame Frame { get; init; }

    /// <summary>Of data and of <see cref="TrunkKind.Credit"/>.</summary>
    public Credit Credit { get; init; }

    /// <summary>Of <see cref="TrunkKind.Close"/>.</summary>
    public CloseReason Reason { get; init; }

    /// <summary>Of news.</summary>
    public string[]? Texts { get; init; }

    /// <summary>What news is about: it takes the place of older news about the same that waits. It stays with the sender.</summary>
    public string? Subject { get; init; }

    /// <summary>About how many bytes it has.</summary>
    public int Length => 32 + (Frame.Bytes?.Length ?? 0) + (Texts?.Sum(static text => text.Length * 2) ?? 0);
}

/// <summary>Items on their way to another gateway. A batch that comes twice counts once.</summary>
/// <param name="From">The gateway that sends.</param>
/// <param name="Birth">When it began to send to this one: another number tells that it had given the other up meanwhile.</param>
/// <param name="Number">Counts the batches since.</param>
/// <param name="Items">In their order; none as a heartbeat.</param>
public sealed record TrunkBatch(string From, long Birth, long Number, IReadOnlyList<TrunkItem> Items);

/// <summary>One end of a stream, as the trunk tells it what comes. Calls come one at a time for each gateway.</summary>
public interface ITrunkEnd
{
    /// <summary>Something has come for the end.</summary>
    /// <param name="gateway">The gateway that sent it.</param>
    /// <param name="item">What it is.</param>
    void Take(string gateway, in TrunkItem item);

    /// <summary>A gateway cannot be reached any more, or had given this one up: what was on its way to or from it is lost. Any thread.</summary>
    /// <param name="gateway">The gateway.</param>
    void Lost(string gateway);
}

/// <summary>What carries batches to other gateways.</summary>
public interface ITrunkCarrier
{
    /// <summary>Carries a batch; it may fail, also when the batch has arrived.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="batch">The batch.</param>
    /// <returns>A task that ends when the other gateway has taken it.</returns>
    Task CarryAsync(string gateway, TrunkBatch batch);
}

/// <summary>How trunks keep time.</summary>
/// <param name="Beat">How often a gateway that has a stream with another says that it lives.</param>
/// <param name="Patience">How long another gateway may not be reached before it is lost.</param>
/// <param name="RetryDelay">The wait between two tries.</param>
public sealed record TrunkOptions(TimeSpan Beat, TimeSpan Patience, TimeSpan RetryDelay);
