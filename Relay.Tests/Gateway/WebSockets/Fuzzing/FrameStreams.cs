using System.Text;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.WebSockets.Fuzzing;

/// <summary>Makes streams of client frames: mostly right, often with one thing wrong, sometimes mutated without sense.</summary>
internal static class FrameStreams
{
    private static readonly int[] Lengths = [0, 1, 2, 3, 7, 31, 32, 33, 124, 125, 126, 127, 200, 1000, 65535, 65536, 65537];
    private static readonly int[] Codes = [0, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1011, 1012, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535];

    public static byte[] Generate(Random random)
    {
        var parts = new List<byte[]>();
        for (var count = random.Next(1, 6); count > 0; count--) AddMessage(parts, random);
        if (random.Next(3) == 0) parts.Add(Close(random));
        if (random.Next(8) == 0) AddMessage(parts, random);
        var bytes = Wire.Join([.. parts]);
        for (var mutations = random.Next(4) == 0 ? random.Next(1, 4) : 0; mutations > 0; mutations--) bytes = Mutate(bytes, random);
        return bytes;
    }

    private static void AddMessage(List<byte[]> parts, Random random)
    {
        var isText = random.Next(3) > 0;
        var opcode = isText ? Opcode.Text : Opcode.Binary;
        var payload = isText ? Text(random) : Bytes(random);
        for (var fragments = random.Next(3) == 0 ? random.Next(1, 5) : 0; fragments > 0; fragments--)
        {
            var cut = random.Next(payload.Length + 1);
            parts.Add(Frame(random, opcode, payload[..cut], fin: false));
            if (random.Next(3) == 0) parts.Add(Control(random));
            payload = payload[cut..];
            opcode = Opcode.Continuation;
        }

        parts.Add(Frame(random, opcode, payload, fin: true));
        if (random.Next(4) == 0) parts.Add(Control(random));
    }

    private static byte[] Control(Random random)
    {
        var payload = new byte[random.Next(12) == 0 ? 126 : random.Next(126)];
        random.NextBytes(payload);
        return Frame(random, random.Next(2) == 0 ? Opcode.Ping : Opcode.Pong, payload, fin: random.Next(30) > 0);
    }

    private static byte[] Close(Random random)
    {
        if (random.Next(5) == 0) return Frame(random, Opcode.Close, new byte[random.Next(2)], fin: true);
        var code = random.Next(2) == 0 ? 1000 : Codes[random.Next(Codes.Length)];
        var reason = Text(random);
        return Frame(random, Opcode.Close, [(byte)(code >> 8), (byte)code, .. reason.AsSpan(0, Math.Min(reason.Length, 123))], fin: true);
    }

    /// <summary>One frame, now and then with one thing wrong in its header.</summary>
    private static byte[] Frame(Random random, Opcode opcode, byte[] payload, bool fin) => random.Next(120) switch
    {
        0 => Wire.Frame(opcode, payload, fin, rsv: random.Next(1, 8)),
        1 => Wire.Frame((Opcode)random.Next(16), payload, fin),
        2 => Wire.Frame(opcode, payload, fin, mask: false),
        3 => Wire.Frame(opcode, payload, !fin),
        4 => LongForm(random, Wire.Frame(opcode, payload, fin)),
        _ => Wire.Frame(opcode, payload, fin),
    };

    /// <summary>The same frame with its length in a longer form, perhaps with the top bit set.</summary>
    private static byte[] LongForm(Random random, byte[] frame)
    {
        var length = frame[1] & 127;
        if (length > 125) return frame;
        if (random.Next(2) == 0) return [frame[0], 0xFE, 0, (byte)length, .. frame.AsSpan(2)];
        return [frame[0], 0xFF, (byte)(random.Next(3) == 0 ? 0x80 : 0), 0, 0, 0, 0, 0, 0, (byte)length, .. frame.AsSpan(2)];
    }

    private static byte[] Bytes(Random random)
    {
        var bytes = new byte[random.Next(10) == 0 ? Lengths[random.Next(Lengths.Length)] : random.Next(40)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Text(Random random)
    {
        var text = new StringBuilder();
        text.Append('a', random.Next(8) == 0 ? Lengths[random.Next(Lengths.Length)] : random.Next(10));
        for (var i = random.Next(6); i > 0; i--)
        {
            var rune = random.Next(0x10F800);
            text.Append(new Rune(rune >= 0xD800 ? rune + 0x800 : rune >> random.Next(12)).ToString());
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.Length > 0 && random.Next(25) == 0) bytes[random.Next(bytes.Length)] = (byte)random.Next(0x80, 0x100);
        return bytes;
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length + 1);
        var end = Math.Min(bytes.Length, at + random.Next(1, 9));
        switch (random.Next(4))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(end)];
            case 2:
                return [.. bytes.AsSpan(0, end), .. bytes.AsSpan(at)];
            default:
                var copy = bytes.ToArray();
                if (at < copy.Length) copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
        }
    }
}
