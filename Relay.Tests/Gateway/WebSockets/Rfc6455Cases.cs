using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets;

/// <summary>What a client may send, right and wrong, and what the reader (limit 65,536) must make of it.</summary>
internal static class Rfc6455Cases
{
    private static readonly byte[] Euro = [0xE2, 0x82, 0xAC];
    private static readonly byte[] Big = [.. Enumerable.Range(0, 65536).Select(i => (byte)i)];

    public static readonly IReadOnlyDictionary<string, (byte[] Bytes, string[] Outcome)> All = new Dictionary<string, (byte[], string[])>
    {
        ["text"] = (Wire.Text("Hello"), ["text 48656C6C6F"]),
        ["empty text"] = (Wire.Text(""), ["text "]),
        ["empty binary"] = (Wire.Frame(Opcode.Binary, []), ["binary "]),
        ["two in one read"] = (Wire.Join(Wire.Text("a"), Wire.Frame(Opcode.Binary, [1])), ["text 61", "binary 01"]),
        ["125 bytes"] = (Wire.Frame(Opcode.Binary, Big[..125]), ["binary " + Hex(125)]),
        ["126 bytes"] = (Wire.Frame(Opcode.Binary, Big[..126]), ["binary " + Hex(126)]),

        ["fragments"] = (Wire.Join(Wire.Text("Hel", fin: false), More("lo")), ["text 48656C6C6F"]),
        ["empty fragments"] = (Wire.Join(Wire.Text("", fin: false), More("", fin: false), More("a", fin: false), More("")), ["text 61"]),
        ["only empty fragments"] = (Wire.Join(Wire.Frame(Opcode.Binary, [], fin: false), More("")), ["binary "]),
        ["message after fragments"] = (Wire.Join(Wire.Text("a", fin: false), More("b"), Wire.Text("c")), ["text 6162", "text 63"]),
        ["control frames between fragments"] = (
            Wire.Join(Wire.Text("a", fin: false), Wire.Frame(Opcode.Ping, [1, 2]), More("b", fin: false), Wire.Frame(Opcode.Pong, [3]), More("c")),
            ["ping 0102", "pong 03", "text 616263"]),
        ["close between fragments"] = (Wire.Join(Wire.Text("a", fin: false), Wire.Close(1000), More("b")), ["close 1000"]),

        ["empty ping"] = (Wire.Frame(Opcode.Ping, []), ["ping "]),
        ["ping of 125 bytes"] = (Wire.Frame(Opcode.Ping, Big[..125]), ["ping " + Hex(125)]),
        ["pong nobody asked for"] = (Wire.Frame(Opcode.Pong, [9]), ["pong 09"]),

        ["reserved bit 1"] = (Wire.Frame(Opcode.Text, [65], rsv: 4), ["violation 1002"]),
        ["reserved bit 2"] = (Wire.Frame(Opcode.Ping, [], rsv: 2), ["violation 1002"]),
        ["reserved bit 3"] = (Wire.Frame(Opcode.Binary, [], rsv: 1), ["violation 1002"]),
        ["reserved bit on a continuation"] = (Wire.Join(Wire.Text("a", fin: false), Wire.Frame(Opcode.Continuation, [], rsv: 4)), ["violation 1002"]),
        ["unknown data opcode 3"] = (Wire.Frame((Opcode)3, []), ["violation 1002"]),
        ["unknown data opcode 7"] = (Wire.Frame((Opcode)7, [1]), ["violation 1002"]),
        ["unknown control opcode 11"] = (Wire.Frame((Opcode)11, []), ["violation 1002"]),
        ["unknown control opcode 15"] = (Wire.Frame((Opcode)15, []), ["violation 1002"]),
        ["unmasked frame"] = (Wire.Frame(Opcode.Text, [65], mask: false), ["violation 1002"]),
        ["unmasked after a good one"] = (Wire.Join(Wire.Text("a"), Wire.Frame(Opcode.Ping, [], mask: false)), ["text 61", "violation 1002"]),

        ["fragmented ping"] = (Wire.Frame(Opcode.Ping, [1], fin: false), ["violation 1002"]),
        ["fragmented close"] = (Wire.Frame(Opcode.Close, [], fin: false), ["violation 1002"]),
        ["ping of 126 bytes"] = (Wire.Frame(Opcode.Ping, Big[..126]), ["violation 1002"]),
        ["close of 126 bytes"] = (Wire.Frame(Opcode.Close, [3, 0xE8, .. new byte[124]]), ["violation 1002"]),

        ["continuation of nothing"] = (More("a"), ["violation 1002"]),
        ["continuation after a whole message"] = (Wire.Join(Wire.Text("a"), More("b")), ["text 61", "violation 1002"]),
        ["new text inside a fragmented message"] = (Wire.Join(Wire.Text("a", fin: false), Wire.Text("b")), ["violation 1002"]),
        ["new binary inside a fragmented message"] = (Wire.Join(Wire.Text("", fin: false), Wire.Frame(Opcode.Binary, [])), ["violation 1002"]),

        ["16-bit length of 125"] = (Header(0x82, 0xFE, 0, 125), ["violation 1002"]),
        ["64-bit length of 65535"] = (Header(0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF), ["violation 1002"]),
        ["64-bit length with the top bit"] = (Header(0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1), ["violation 1002"]),

        ["largest message"] = (Wire.Frame(Opcode.Binary, Big), ["binary " + Hex(65536)]),
        ["one byte over the limit, header only"] = (Header(0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1), ["violation 1009"]),
        ["the longest length there is"] = (Header(0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255), ["violation 1009"]),
        ["fragments over the limit together"] = (
            Wire.Join(Wire.Frame(Opcode.Binary, Big[..65530], fin: false), Header(0x00, 0x87)), ["violation 1009"]),

        ["close without a code"] = (Wire.Frame(Opcode.Close, []), ["close 1005"]),
        ["close with a reason"] = (Wire.Close(1000, "bye €"), ["close 1000 bye €"]),
        ["close of 125 bytes"] = (Wire.Close(4999, new string('x', 123)), ["close 4999 " + new string('x', 123)]),
        ["data after close"] = (Wire.Join(Wire.Close(1001), Wire.Text("late"), Wire.Frame(Opcode.Ping, [])), ["close 1001"]),
        ["close with one byte"] = (Wire.Frame(Opcode.Close, [3]), ["violation 1002"]),
        ["close with one byte, header only"] = (Header(0x88, 0x81), ["violation 1002"]),
        ["close with a broken reason"] = (Wire.Frame(Opcode.Close, [3, 0xE8, 0xE2, 0x82]), ["violation 1007"]),
        ["data after a violation"] = (Wire.Join(Wire.Frame((Opcode)3, []), Wire.Text("late")), ["violation 1002"]),

        ["character across fragments"] = (
            Wire.Join(Wire.Frame(Opcode.Text, Euro[..1], fin: false), Wire.Frame(Opcode.Ping, [0xFF]), Wire.Frame(Opcode.Continuation, Euro[1..])),
            ["ping FF", "text E282AC"]),
        ["text broken"] = (Wire.Frame(Opcode.Text, [65, 0xFF, 66]), ["violation 1007"]),
        ["text broken at its end"] = (Wire.Frame(Opcode.Text, [65, 0xE2, 0x82]), ["violation 1007"]),
        ["text broken across fragments"] = (
            Wire.Join(Wire.Frame(Opcode.Text, Euro[..2], fin: false), Wire.Frame(Opcode.Continuation, [65])), ["violation 1007"]),
        ["text broken at the end of its last fragment"] = (
            Wire.Join(Wire.Text("a", fin: false), Wire.Frame(Opcode.Continuation, Euro[..2])), ["violation 1007"]),
        ["text broken early in a fragment that is not the last"] = (Wire.Frame(Opcode.Text, [0xC0, 65, 65], fin: false), ["violation 1007"]),
        ["text broken early in a frame that is not all here"] = (Wire.Frame(Opcode.Text, [0xED, 0xA0, .. new byte[500]])[..20], ["violation 1007"]),
        ["a surrogate"] = (Wire.Frame(Opcode.Text, [0xED, 0xA0, 0x80]), ["violation 1007"]),
        ["beyond U+10FFFF"] = (Wire.Frame(Opcode.Text, [0xF4, 0x90, 0x80, 0x80]), ["violation 1007"]),
        ["an overlong slash"] = (Wire.Frame(Opcode.Text, [0xE0, 0x80, 0xAF]), ["violation 1007"]),
        ["broken UTF-8 in binary is nobody's business"] = (Wire.Frame(Opcode.Binary, [0xFF, 0xC0]), ["binary FFC0"]),
        ["broken UTF-8 in binary fragments either"] = (
            Wire.Join(Wire.Frame(Opcode.Binary, [0xFF], fin: false), Wire.Frame(Opcode.Continuation, [0xFE])), ["binary FFFE"]),

        ["half a header"] = (Wire.Text("a")[..1], []),
        ["half a frame"] = (Wire.Text("abcdef")[..8], []),
        ["half a ping"] = (Wire.Frame(Opcode.Ping, [1, 2, 3])[..8], []),
    };

    private static byte[] More(string text, bool fin = true) => Wire.Frame(Opcode.Continuation, System.Text.Encoding.UTF8.GetBytes(text), fin);

    /// <summary>Header bytes with a mask of zeros and no payload.</summary>
    private static byte[] Header(params byte[] bytes) => [.. bytes, 0, 0, 0, 0];

    private static string Hex(int count) => Convert.ToHexString(Big.AsSpan(0, count));
}
