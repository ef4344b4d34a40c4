using System.Diagnostics;
using System.Text;
using Relay.Core.Protocol;
using Relay.Core.Telemetry;

namespace Relay.Tests.Rules;

/// <summary>What a client says of its trace: taken when it is right, as if it were not there when it is not.</summary>
public class TraceparentTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Span = "b7ad6b7169203331";
    private const string Good = $"00-{Trace}-{Span}-01";

    [Theory]
    [InlineData(Good, true)]
    [InlineData($"00-{Trace}-{Span}-00", false)]
    [InlineData($"00-{Trace}-{Span}-fe", false)]
    [InlineData($"00-{Trace}-{Span}-ff", true)]
    [InlineData($"01-{Trace}-{Span}-01", true)]
    [InlineData($"cc-{Trace}-{Span}-01-what-comes-later", true)]
    public void WhatIsRightIsRead(string text, bool isRecorded)
    {
        Assert.True(Traceparent.TryRead(text, out var context));
        Assert.Equal((Trace, Span, true), (context.TraceId.ToHexString(), context.SpanId.ToHexString(), context.IsRemote));
        Assert.Equal(isRecorded ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None, context.TraceFlags);
        Assert.Equal($"00-{Trace}-{Span}-{(isRecorded ? "01" : "00")}", Traceparent.Write(context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    [InlineData($"00-{Trace}-{Span}-1")]
    [InlineData($"00-{Trace}-{Span}-01-more")]
    [InlineData($"01-{Trace}-{Span}-01more")]
    [InlineData($"ff-{Trace}-{Span}-01")]
    [InlineData($"00-0AF7651916CD43DD8448EB211C80319C-{Span}-01")]
    [InlineData($"00-00000000000000000000000000000000-{Span}-01")]
    [InlineData($"00-{Trace}-0000000000000000-01")]
    [InlineData($"00-{Trace}-{Span}-0x")]
    [InlineData($"00_{Trace}_{Span}_01")]
    [InlineData($"00-0af7651916cd43dd8448eb211c80319é-{Span}-01")]
    [InlineData($"00-0af7651916cd43dd8448eb211c8031\0\0-{Span}-01")]
    public void WhatIsWrongSaysNothing(string? text)
    {
        Assert.False(Traceparent.TryRead(text, out var context));
        Assert.Equal(default, context);
        Assert.False(Traceparent.TryRead(Encoding.UTF8.GetBytes(text ?? ""), out _));
    }

    [Fact]
    public void WhatIsHugeSaysNothing()
    {
        var huge = $"01-{Trace}-{Span}-01-{new string('a', 100_000)}";
        Assert.False(Traceparent.TryRead(huge, out _));
        Assert.True(Read($$"""{"type":"a_b","traceparent":"{{huge}}"}""").Traceparent.IsEmpty);
    }

    [Theory]
    [InlineData($$"""{"type":"a_b","traceparent":"{{Good}}"}""", Good)]
    [InlineData($$"""{"traceparent" : "{{Good}}" , "type":"a_b"}""", Good)]
    [InlineData($$"""{"typ\u0065":"a_b","traceparent":"{{Good}}"}""", Good)]
    [InlineData($$"""{"traceparen\u0074":"{{Good}}","type":"a_b"}""", Good)]
    [InlineData($$"""{"type":"a_b","data":{"traceparent":"{{Good}}"} }""", "")]
    [InlineData("""{"type":"a_b"}""", "")]
    [InlineData("""{"type":"a_b","traceparent":null}""", "")]
    [InlineData("""{"type":"a_b","traceparent":17}""", "")]
    [InlineData("""{"type":"a_b","traceparent":{"a":[1]}}""", "")]
    [InlineData("""{"type":"a_b","traceparent":["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]}""", "")]
    [InlineData($$"""{"type":"a_b","traceparent":"{{Good}}","traceparent":"{{Good}}"}""", "")]
    [InlineData($$"""{"typ\u0065":"a_b","traceparent":"{{Good}}","traceparent":"{{Good}}"}""", "")]
    [InlineData("""{"type":"a_b","traceparent":1,"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}""", "")]
    public void ItIsReadFromTheEnvelopeAndNeverAFault(string frame, string expected)
    {
        Assert.Equal(expected, Encoding.UTF8.GetString(Read(frame).Traceparent));
        Assert.True(ClientEnvelope.TryReadThoroughly(Encoding.UTF8.GetBytes(frame), out var envelope, out _));
        Assert.Equal(expected, Encoding.UTF8.GetString(envelope.Traceparent));
    }

    [Fact]
    public void AnEscapeInItMakesItSayNothing()
    {
        var escaped = Read($$"""{"type":"a_b","traceparent":"\u0030{{Good[1..]}}"}""").Traceparent;
        Assert.False(Traceparent.TryRead(escaped, out _));
    }

    private static ClientEnvelope Read(string frame)
    {
        Assert.True(ClientEnvelope.TryRead(Encoding.UTF8.GetBytes(frame), out var envelope, out var fault), fault.Message);
        return envelope;
    }
}
