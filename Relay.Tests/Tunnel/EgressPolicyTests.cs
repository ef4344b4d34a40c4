using System.Net;
using Relay.Core.Tunnel;

namespace Relay.Tests.Tunnel;

public class EgressPolicyTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.0")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.0")]
    [InlineData("100.127.255.255")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.255.255")]
    [InlineData("172.16.0.0")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.1")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.88.99.1")]
    [InlineData("192.168.0.0")]
    [InlineData("192.168.255.255")]
    [InlineData("198.18.0.0")]
    [InlineData("198.19.255.255")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:0:7f00:1::")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:20::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:808:808::1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("4000::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fdff:ffff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%3")]
    [InlineData("febf::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void ASpecialAddressIsRefusedUnlessARuleNamesIt(string text)
    {
        var address = IPAddress.Parse(text);
        foreach (var broad in new[] { Policy("*:*"), Policy("0.0.0.0/0:*", "[::/0]:*", "host.example:*") })
        {
            var verdict = broad.Check(address, 443);
            Assert.False(verdict.IsAllowed, verdict.Text);
            Assert.Contains("no rule of tunnel.allow names it", verdict.Text);
            Assert.False(broad.Check(new TunnelTarget(text, 443, address)).IsAllowed);
        }
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.0")]
    [InlineData("169.253.255.255")]
    [InlineData("169.255.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2a00::1")]
    public void APublicAddressIsAllowedToThoseWhoseNameIs(string text)
    {
        var address = IPAddress.Parse(text);
        Assert.True(Policy("*:443").Check(address, 443).IsAllowed);
        Assert.True(Policy("*:443").Check(new TunnelTarget(text, 443, address)).IsAllowed);
        Assert.False(Policy("*:443").Check(new TunnelTarget(text, 80, address)).IsAllowed);
        Assert.False(Policy("host.example:443").Check(new TunnelTarget(text, 443, address)).IsAllowed);
        Assert.False(Policy().Check(new TunnelTarget(text, 443, address)).IsAllowed);
    }

    [Theory]
    [InlineData("127.0.0.0/8:*", "127.0.0.1", true)]
    [InlineData("127.0.0.1:443", "127.0.0.1", true)]
    [InlineData("127.0.0.1:443", "127.0.0.2", false)]
    [InlineData("127.0.0.1:80", "127.0.0.1", false)]
    [InlineData("10.0.0.0/8:400-443", "10.1.2.3", true)]
    [InlineData("10.0.0.0/7:443", "10.1.2.3", false)]
    [InlineData("169.254.0.0/16:443", "169.254.169.254", false)]
    [InlineData("169.254.169.254/32:443", "169.254.169.254", true)]
    [InlineData("[fd00::/8]:443", "fd00:ec2::254", false)]
    [InlineData("[fd00::/8]:443", "fd12::1", true)]
    [InlineData("[::1]:443", "::1", true)]
    [InlineData("[::/96]:443", "::1", false)]
    [InlineData("[64:ff9b::/96]:443", "64:ff9b::808:808", true)]
    [InlineData("[64:ff9b::/96]:443", "64:ff9b::a00:1", false)]
    [InlineData("[::ffff:0:0/96]:443", "::ffff:10.0.0.1", false)]
    [InlineData("[2002::/16]:443", "2002:7f00:1::", false)]
    [InlineData("[2002::/16]:443", "2002:808:808::", true)]
    public void ARuleNamesASpecialAddressWhenItLiesInItsBlock(string rule, string text, bool allowed)
    {
        var address = IPAddress.Parse(text);
        Assert.Equal(allowed, Policy(rule).Check(address, 443).IsAllowed);
        Assert.Equal(allowed, Policy(rule).Check(new TunnelTarget(text, 443, address)).IsAllowed);
    }

    [Fact]
    public void BothTheTranslationAndWhatItHidesMayBeNamed() =>
        Assert.True(Policy("[64:ff9b::/96]:443", "10.0.0.0/8:443").Check(IPAddress.Parse("64:ff9b::a00:1"), 443).IsAllowed);

    [Theory]
    [InlineData("example.com:443", "example.com", true)]
    [InlineData("EXAMPLE.com:443", "example.com", true)]
    [InlineData("example.com:443", "www.example.com", false)]
    [InlineData("example.com:443", "example.com.evil.test", false)]
    [InlineData("*.example.com:443", "www.example.com", true)]
    [InlineData("*.example.com:443", "a.b.example.com", true)]
    [InlineData("*.example.com:443", "example.com", false)]
    [InlineData("*.example.com:443", "notexample.com", false)]
    [InlineData("*:443", "anything.test", true)]
    [InlineData("*:80", "anything.test", false)]
    [InlineData("0.0.0.0/0:443", "example.com", false)]
    public void ANameIsAllowedByAPattern(string rule, string host, bool allowed) =>
        Assert.Equal(allowed, Policy(rule).Check(new TunnelTarget(host, 443, null)).IsAllowed);

    [Fact]
    public void ARefusalNamesTheRule()
    {
        Assert.Equal("No rule of tunnel.allow allows example.com.", Policy().Check(new TunnelTarget("example.com", 443, null)).Text);
        Assert.Equal("The rule *.com:80 of tunnel.allow does not allow port 443.", Policy("*.com:80").Check(new TunnelTarget("example.com", 443, null)).Text);
        Assert.Equal("169.254.169.254 is a metadata service, and no rule of tunnel.allow names it.", Policy("*:443").Check(IPAddress.Parse("169.254.169.254"), 443).Text);
        Assert.Equal("No rule of tunnel.allow allows 8.8.8.8.", Policy("1.1.1.1:443").Check(new TunnelTarget("8.8.8.8", 443, IPAddress.Parse("8.8.8.8"))).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("example.com")]
    [InlineData(":443")]
    [InlineData("example.com:")]
    [InlineData("example.com:0")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:9-8")]
    [InlineData("example.com:8-")]
    [InlineData("exa mple.com:443")]
    [InlineData("a*.example.com:443")]
    [InlineData("*.*.com:443")]
    [InlineData("*.10.0.0.1:443")]
    [InlineData("10.0.0.1/8:443")]
    [InlineData("10.0.0.0/33:443")]
    [InlineData("10.1:443")]
    [InlineData("010.0.0.0/8:443")]
    [InlineData("::1:443")]
    [InlineData("[::1%1]:443")]
    [InlineData("[10.0.0.1]:443")]
    [InlineData("[::1:443")]
    [InlineData("user@example.com:443")]
    public void WhatIsNoRuleIsRefused(string text) => Assert.False(EgressRule.TryParse(text, out _));

    [Fact]
    public void ABudgetSlowsDownAndRunsOut()
    {
        var rate = new ByteBudget(1000, 0, TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, rate.Take(1000, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(2), rate.Take(2000, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(1.5), rate.Take(500, TimeSpan.FromSeconds(1)));
        Assert.False(rate.IsWhole(TimeSpan.FromSeconds(3)));
        Assert.True(rate.IsWhole(TimeSpan.FromSeconds(3.5)));

        var total = new ByteBudget(0, 1000, TimeSpan.FromHours(1));
        var began = TimeSpan.FromMinutes(5);
        Assert.Equal(TimeSpan.Zero, total.Take(999, began));
        Assert.False(total.IsUsedUp(began));
        total.Take(1, began);
        Assert.True(total.IsUsedUp(began + TimeSpan.FromMinutes(59)));
        Assert.False(total.IsWhole(began));
        Assert.False(total.IsUsedUp(began + TimeSpan.FromHours(1)));
        Assert.True(total.IsWhole(began + TimeSpan.FromHours(1)));
    }

    private static EgressPolicy Policy(params string[] rules) => new([.. rules.Select(Rule)], "tunnel.allow");

    internal static EgressRule Rule(string text) => EgressRule.TryParse(text, out var rule) ? rule : throw new ArgumentException(text);
}
