using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets.Fuzzing;

internal enum Ending
{
    /// <summary>The stream ended before a close frame or a violation.</summary>
    Cut,
    Closed,
    Violated,
}

/// <summary>
/// What a reader made of a stream: messages, pings, and how it ended. <paramref name="Code"/> is the close code received, or the one a
/// violation is answered with; <paramref name="Reason"/> the peer's words, or our reader's own about a violation.
/// </summary>
internal sealed record Outcome(List<string> Messages, List<string> Pings, Ending Ending, int Code, string Reason)
{
    /// <summary>Runs our reader over the stream in pieces of any size.</summary>
    public static Outcome OfOurs(byte[] bytes, Random random, long limit)
    {
        var outcome = new Outcome([], [], Ending.Cut, 0, "");
        var reader = new FrameReader(limit);
        var unread = Array.Empty<byte>();
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(bytes.Length - at, random.Next(1, random.Next(2) == 0 ? 20 : 100_000));
            var piece = bytes[at..(at + count)];
            at += count;
            var input = Wire.Sequence(unread.Length == 0 ? [piece] : [unread, piece]);
            while (reader.TryRead(ref input, out var frame) is not ReadStatus.NeedMore and var status)
            {
                if (status == ReadStatus.Message) outcome.Messages.Add(Wire.Describe(frame));
                if (status == ReadStatus.Ping) outcome.Pings.Add(Convert.ToHexString(frame.Payload));
                if (status is not (ReadStatus.Close or ReadStatus.Violation)) continue;
                return outcome with { Ending = status == ReadStatus.Close ? Ending.Closed : Ending.Violated, Code = frame.CloseCode, Reason = frame.Reason };
            }

            unread = System.Buffers.BuffersExtensions.ToArray(input);
        }

        return outcome;
    }

    public bool SameAs(Outcome other) =>
        Messages.SequenceEqual(other.Messages) && Pings.SequenceEqual(other.Pings) && Ending == other.Ending && Code == other.Code
        && (Ending != Ending.Closed || Reason == other.Reason);

    /// <summary>Whether the other saw all of this, and perhaps went on.</summary>
    public bool IsBeginningOf(Outcome other) =>
        other.Messages.Take(Messages.Count).SequenceEqual(Messages) && other.Pings.Take(Pings.Count).SequenceEqual(Pings);

    /// <summary>Whether the other saw all of this and no further message; pings may have come before it ended.</summary>
    public bool SeesAsMuchAs(Outcome other) => IsBeginningOf(other) && Messages.Count == other.Messages.Count;

    public override string ToString() =>
        $"{Ending} {Code} {Reason}; pings {string.Join(',', Pings)}; messages {string.Join(',', Messages.Select(m => m.Length > 100 ? m[..100] + "…" : m))}";
}
