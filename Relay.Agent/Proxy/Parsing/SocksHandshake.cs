using System.Buffers.Binary;
using System.Net;
using System.Text;
using Relay.Core.Tunnel;

namespace Relay.Agent.Proxy.Parsing;

/// <summary>What a <see cref="SocksHandshake"/> has come to.</summary>
internal enum SocksPhase
{
    Methods,
    Password,
    Request,

    /// <summary>The target is known; the client waits for <see cref="SocksHandshake.Answer"/>.</summary>
    Complete,

    /// <summary>The last reply is all that the client gets.</summary>
    Refused,
}

/// <summary>The proxy's side of a SOCKS5 handshake (RFC 1928, RFC 1929), byte by byte if it comes so.</summary>
internal sealed class SocksHandshake(Credentials? credentials)
{
    public const byte Version = 5;

    private const byte NoMethods = 0xFF;
    private const byte PasswordMethod = 2;
    private const byte PasswordVersion = 1;
    private const byte Connect = 1;
    private const byte IPv4 = 1;
    private const byte Domain = 3;
    private const byte IPv6 = 4;

    // The longest message: three fields of a byte, two of 255.
    private readonly byte[] _held = new byte[513];
    private int _count;

    public SocksPhase Phase { get; private set; }

    /// <summary>When complete: where to.</summary>
    public TunnelTarget? Target { get; private set; }

    private ReadOnlySpan<byte> Held => _held.AsSpan(0, _count);

    /// <summary>Takes more of the handshake.</summary>
    /// <param name="input">What came.</param>
    /// <param name="reply">What is sent to the client now.</param>
    /// <returns>How much of the input belongs to the handshake: what is behind it is the tunnel's.</returns>
    public int Read(ReadOnlySpan<byte> input, out byte[] reply)
    {
        reply = [];
        for (var at = 0; at < input.Length; at++)
        {
            if (Phase is SocksPhase.Complete or SocksPhase.Refused) return at;
            _held[_count++] = input[at];
            if (Step() is not { } answer) continue;
            reply = [.. reply, .. answer];
            _count = 0;
        }

        return input.Length;
    }

    /// <summary>The reply to the request, by the HTTP status that the relay answered with.</summary>
    public static byte[] Answer(int status) => Reply(status switch
    {
        200 => 0,
        401 or 403 or 407 or 429 => 2,
        502 => 4,
        504 => 6,
        _ => 1,
    });

    // An answer when the message has ended, null when more of it must come.
    private byte[]? Step() => Phase switch
    {
        SocksPhase.Methods => StepInMethods(),
        SocksPhase.Password => StepInPassword(),
        SocksPhase.Request => StepInRequest(),
        SocksPhase.Complete or SocksPhase.Refused => null,
    };

    private byte[]? StepInMethods()
    {
        if (_held[0] != Version) return Refuse([]);
        if (_count < 2 || _count < 2 + _held[1]) return null;
        var methods = Held[2..];
        if (credentials is null && methods.Contains((byte)0)) return Next(SocksPhase.Request, [Version, 0]);
        // Who asks for a password and need not have one may bring any.
        return methods.Contains(PasswordMethod) ? Next(SocksPhase.Password, [Version, PasswordMethod]) : Refuse([Version, NoMethods]);
    }

    private byte[]? StepInPassword()
    {
        if (_held[0] != PasswordVersion) return Refuse([PasswordVersion, 1]);
        if (_count < 2 || _count < 3 + _held[1]) return null;
        var user = _held.AsSpan(2, _held[1]);
        var length = _held[2 + user.Length];
        if (_count < 3 + user.Length + length) return null;
        var password = _held.AsSpan(3 + user.Length, length);
        return credentials is null || credentials.Match(user, password) ? Next(SocksPhase.Request, [PasswordVersion, 0]) : Refuse([PasswordVersion, 1]);
    }

    private byte[]? StepInRequest()
    {
        if (_held[0] != Version) return Refuse(Reply(1));
        if (_count < 5) return null;
        var size = _held[3] switch { IPv4 => 4, IPv6 => 16, Domain => 1 + _held[4], _ => 0 };
        if (size == 0) return Refuse(Reply(8));
        if (_count < 4 + size + 2) return null;
        if (_held[1] != Connect) return Refuse(Reply(7));
        var address = _held.AsSpan(4, size);
        var port = BinaryPrimitives.ReadUInt16BigEndian(_held.AsSpan(4 + size));
        var host = _held[3] switch
        {
            Domain when !address[1..].Contains((byte)':') => Encoding.Latin1.GetString(address[1..]),
            Domain => $"[{Encoding.Latin1.GetString(address[1..])}]",
            IPv4 => new IPAddress(address).ToString(),
            _ => $"[{new IPAddress(address)}]",
        };
        if (!TunnelTarget.TryParse($"{host}:{port}", out var target, out _)) return Refuse(Reply(1));
        Target = target;
        return Next(SocksPhase.Complete, []);
    }

    private byte[] Next(SocksPhase phase, byte[] reply)
    {
        Phase = phase;
        return reply;
    }

    private byte[] Refuse(byte[] reply) => Next(SocksPhase.Refused, reply);

    // The address that the relay connected from is not known here, nor of use to the client.
    private static byte[] Reply(byte code) => [Version, code, 0, IPv4, 0, 0, 0, 0, 0, 0];
}
