using System.Text.Unicode;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets.Fuzzing;

/// <summary>
/// Where our reader and the framework's differ by intent. Each has a sample that shows it; the fuzzer excuses nothing that is not here.
/// </summary>
internal static class KnownDifferences
{
    public const long Limit = 65536;

    public static readonly IReadOnlyDictionary<string, (byte[] Sample, Func<Outcome, Outcome, bool> Explains)> All =
        new Dictionary<string, (byte[], Func<Outcome, Outcome, bool>)>
        {
            ["The framework takes a length that is not in its shortest form (RFC 6455, 5.2 forbids it)"] = (
                [0x82, 0xFE, 0, 1, 0, 0, 0, 0, 7],
                (ours, theirs) => IsViolation(ours, 1002, "a length not in its shortest form") && ours.IsBeginningOf(theirs)),

            ["The framework takes a control frame whose small length is in a long form"] = (
                [0x89, 0xFE, 0, 1, 0, 0, 0, 0, 7],
                (ours, theirs) => IsViolation(ours, 1002, "a control frame over 125 bytes") && ours.IsBeginningOf(theirs)),

            ["The framework looks at text only when the frame or its buffer is full, we at every byte that is there"] = (
                Wire.Frame(Opcode.Text, [0xFF, 65, 65])[..8],
                (ours, theirs) => IsViolation(ours, 1007, "text that is not UTF-8") && theirs.Ending == Ending.Cut && ours.SeesAsMuchAs(theirs)),

            ["The framework refuses the lead bytes F5 to F7 and some second bytes only with the next byte, and something else may end the stream before"] = (
                Wire.Join(Wire.Frame(Opcode.Text, [0xF7], fin: false), Wire.Frame(Opcode.Binary, [])),
                (ours, theirs) => IsViolation(ours, 1007, "text that is not UTF-8") && theirs.Ending != Ending.Cut
                    && ours.SeesAsMuchAs(theirs)),

            ["The framework lets a character end unfinished when the last fragment is empty (RFC 6455, 8.1 does not)"] = (
                Wire.Join(Wire.Frame(Opcode.Text, [0xE2, 0x82], fin: false), Wire.Frame(Opcode.Continuation, [])),
                (ours, theirs) => ours is { Ending: Ending.Violated, Code: 1007 } && ours.IsBeginningOf(theirs)
                    && theirs.Messages.Count > ours.Messages.Count && IsBrokenText(theirs.Messages[ours.Messages.Count])),

            ["The framework calls a close without a code 1000, we 1005 (RFC 6455, 7.1.5)"] = (
                Wire.Frame(Opcode.Close, []),
                (ours, theirs) => ours is { Ending: Ending.Closed, Code: 1005 } && ours.SameAs(theirs with { Code = 1005 }) && theirs.Code == 1000),

            ["The framework answers a close reason that is not UTF-8 with 1002, we with 1007 (RFC 6455, 8.1)"] = (
                Wire.Frame(Opcode.Close, [3, 0xE8, 0xFF]),
                (ours, theirs) => IsViolation(ours, 1007, "a close reason that is not UTF-8") && theirs is { Ending: Ending.Violated, Code: 1002 }
                    && ours.IsBeginningOf(theirs)),

            ["The framework has no limit for a message"] = (
                [0x82, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4, 99],
                (ours, theirs) => ours is { Ending: Ending.Violated, Code: 1009 } && ours.IsBeginningOf(theirs)),

            ["The framework waits for a whole header where its first bytes are wrong already"] = (
                [0xC2, 0x81],
                (ours, theirs) => ours is { Ending: Ending.Violated, Code: 1002 } && theirs.Ending == Ending.Cut && ours.IsBeginningOf(theirs)),
        };

    private static bool IsViolation(Outcome outcome, int code, string reason) =>
        outcome.Ending == Ending.Violated && outcome.Code == code && outcome.Reason == reason;

    private static bool IsBrokenText(string message) =>
        message.StartsWith("text ", StringComparison.Ordinal) && !Utf8.IsValid(Convert.FromHexString(message.AsSpan(5)));
}
