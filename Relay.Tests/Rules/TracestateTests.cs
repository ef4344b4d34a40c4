using Relay.Core.Telemetry;

namespace Relay.Tests.Rules;

/// <summary>What other tracing systems say on the way: passed on as it is, or dropped as a whole.</summary>
public class TracestateTests
{
    [Theory]
    [InlineData("vendor=abc")]
    [InlineData("vendor=abc,other=00f067aa0ba902b7")]
    [InlineData("a=1 , b=2,\t0tenant@sys-_*/=x y~!")]
    [InlineData("a=1,,b=2")]
    public void AListIsPassedOnAsItIs(string text) => Assert.Equal(text, Tracestate.Read([text]));

    [Fact]
    public void SeveralHeadersAreOneList() => Assert.Equal("a=1,b=2,c=3", Tracestate.Read(["a=1", "b=2,c=3"]));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("vendor")]
    [InlineData("vendor=")]
    [InlineData("=abc")]
    [InlineData("Vendor=abc")]
    [InlineData("_vendor=abc")]
    [InlineData("ven dor=abc")]
    [InlineData("vendor=a=b")]
    [InlineData("vendor=abc,other")]
    [InlineData("vendor=a\u0001b")]
    [InlineData("vendor=aéb")]
    [InlineData("vendor=a\r\nX-Injected: 1")]
    public void WhatIsNoListIsDropped(string text) => Assert.Null(Tracestate.Read([text]));

    [Fact]
    public void WhatIsTooLongIsDropped()
    {
        Assert.Null(Tracestate.Read([]));
        Assert.Null(Tracestate.Read([null]));
        var longest = $"a={new string('x', 250)},b={new string('y', 250)},c=1234";
        Assert.Equal(Tracestate.MaxLength, longest.Length);
        Assert.Equal(longest, Tracestate.Read([longest]));
        Assert.Null(Tracestate.Read([longest + "5"]));
        Assert.Null(Tracestate.Read([longest, "d=1"]));
        Assert.Null(Tracestate.Read([$"a={new string('x', 257)}"]));
        Assert.NotNull(Tracestate.Read([string.Join(',', Enumerable.Range(0, 32).Select(static i => $"k{i}=1"))]));
        Assert.Null(Tracestate.Read([string.Join(',', Enumerable.Range(0, 33).Select(static i => $"k{i}=1"))]));
    }
}
