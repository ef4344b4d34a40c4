using System.Text;
using Relay.Agent.Proxy.Parsing;

namespace Relay.Tests.Agent.Proxy;

public class SocksHandshakeTests
{
    private static readonly byte[] NoPassword = [5, 1, 0];

    public static TheoryData<byte[], string> Targets => new()
    {
        { [5, 1, 0, 1, 127, 0, 0, 1, 1, 187], "127.0.0.1:443" },
        { [5, 1, 0, 3, 11, .. "Example.COM"u8, 0, 80], "example.com:80" },
        { [5, 1, 0, 3, 3, .. "::1"u8, 0, 80], "[::1]:80" },
        { [5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 22], "[::1]:22" },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public void ATargetIsReadHoweverItIsSplit(byte[] request, string target)
    {
        byte[] bytes = [.. NoPassword, .. request, .. "early"u8];
        for (var split = 0; split <= bytes.Length; split++)
        {
            var handshake = new SocksHandshake(null);
            var used = handshake.Read(bytes.AsSpan(0, split), out var first);
            used += handshake.Read(bytes.AsSpan(used), out var second);
            Assert.Equal(SocksPhase.Complete, handshake.Phase);
            Assert.Equal(target, handshake.Target!.ToString());
            Assert.Equal([5, 0], (byte[])[.. first, .. second]);
            Assert.Equal(bytes.Length - 5, used);
        }
    }

    [Theory]
    [InlineData("ann", "secret", 0)]
    [InlineData("ann", "wrong", 1)]
    [InlineData("", "", 1)]
    [InlineData("ann:", "secret", 1)]
    public void APasswordIsComparedHoweverItIsSplit(string user, string password, byte status)
    {
        byte[] bytes = [5, 2, 0, 2, 1, (byte)user.Length, .. Encoding.UTF8.GetBytes(user), (byte)password.Length, .. Encoding.UTF8.GetBytes(password)];
        for (var split = 0; split <= bytes.Length; split++)
        {
            var handshake = new SocksHandshake(Credentials.TryParse("ann:secret"));
            handshake.Read(bytes.AsSpan(0, split), out var first);
            handshake.Read(bytes.AsSpan(split), out var second);
            Assert.Equal([5, 2, 1, status], (byte[])[.. first, .. second]);
            Assert.Equal(status == 0 ? SocksPhase.Request : SocksPhase.Refused, handshake.Phase);
        }
    }

    [Fact]
    public void WhoNeedNoPasswordMayBringOne()
    {
        var handshake = new SocksHandshake(null);
        handshake.Read([5, 1, 2, 1, 1, (byte)'a', 1, (byte)'b'], out var reply);
        Assert.Equal([5, 2, 1, 0], reply);
        Assert.Equal(SocksPhase.Request, handshake.Phase);
    }

    [Fact]
    public void WithoutACommonMethodNothingIsDone()
    {
        var handshake = new SocksHandshake(Credentials.TryParse("ann:secret"));
        handshake.Read([5, 2, 0, 1], out var reply);
        Assert.Equal([5, 0xFF], reply);
        Assert.Equal(SocksPhase.Refused, handshake.Phase);
    }

    public static TheoryData<byte[], byte> Refused => new()
    {
        { [5, 2, 0, 1, 127, 0, 0, 1, 0, 80], 7 },
        { [5, 3, 0, 1, 127, 0, 0, 1, 0, 80], 7 },
        { [5, 1, 0, 9, 127, 0, 0, 1, 0, 80], 8 },
        { [4, 1, 0, 1, 127, 0, 0, 1, 0, 80], 1 },
        { [5, 1, 0, 1, 127, 0, 0, 1, 0, 0], 1 },
        { [5, 1, 0, 3, 0, 0, 80], 1 },
        { [5, 1, 0, 3, 3, (byte)'a', (byte)'\n', (byte)'b', 0, 80], 1 },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void WhatCannotBeDoneHasItsCode(byte[] request, byte code)
    {
        var handshake = new SocksHandshake(null);
        handshake.Read([.. NoPassword, .. request], out var reply);
        Assert.Equal([5, 0, 5, code], reply[..4]);
        Assert.Equal(SocksPhase.Refused, handshake.Phase);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(403, 2)]
    [InlineData(502, 4)]
    [InlineData(504, 6)]
    [InlineData(500, 1)]
    public void TheRelaysStatusBecomesACode(int status, byte code) => Assert.Equal([5, code, 0, 1, 0, 0, 0, 0, 0, 0], SocksHandshake.Answer(status));
}
