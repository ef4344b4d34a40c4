using System.Text;
using Relay.Core.Protocol;

namespace Relay.Tests.Rules;

/// <summary>The quick way to read an envelope gives what the framework's reader gives, or leaves the message to it.</summary>
public class EnvelopeScannerTests
{
    private static readonly string[] Scalars =
    [
        "\"\"", "\"plain\"", "\"ä€😀\"", "\"a text that is longer than one vector of bytes, and longer\"", "\"\\u00e9\\n\\\"\\\\\"", "\"\\ud800\"", "\"sixteen letters.\\\"\"",
        "0", "-0", "1", "-12.50", "1e9", "1E-7", "3.0e+2", "12345678901234567890123", "true", "false", "null", "{}", "[]", "[ ]", "{ }",
    ];

    private static readonly string[] Names = ["type", "data", "request_id", "session_id", "other", "typo", "dat\\u0061", "request_ix", "", "a\\\"b", "traceparent"];

    private static readonly string[] Spaces = ["", "", "", " ", "\n", "\t \r"];

    private static readonly string[] Dirt = ["\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "x", "\0", "\u001f", "\u007f", "\ufeff", "\\u12", "tru", "01", " ", "nul", "/**/", "'"];

    [Fact]
    public void OrdinaryMessagesAreTheScanners()
    {
        foreach (var scalar in Scalars)
        {
            var frame = Bytes($"{{\"type\":\"a_b\",\"request_id\":\"7\",\"session_id\":\"s\",\"x\":{scalar},\"data\":{{\"a\":[1,{scalar},{{\"b\":{scalar}}}]}}}}");
            Assert.True(EnvelopeScanner.TryScan(frame, out _), scalar);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WhateverIsScannedIsReadAlike(int seed)
    {
        var random = new Random(seed);
        var (scanned, left) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var frame = Bytes(Message(random));
            if (!EnvelopeScanner.TryScan(frame, out var members))
            {
                left++;
                continue;
            }

            scanned++;
            var text = Encoding.UTF8.GetString(frame);
            Assert.True(ClientEnvelope.TryReadThoroughly(frame, out var envelope, out var fault), $"seed {seed}, message {i}: {fault.Message} {text}");
            Assert.False(envelope.HasEscapedType, text);
            Assert.True(members.Type.Of(frame).SequenceEqual(envelope.Type), text);
            Assert.True(members.RequestId.Of(frame).SequenceEqual(envelope.RequestId), text);
            Assert.True(members.SessionId.Of(frame).SequenceEqual(envelope.SessionId), text);
            Assert.True(members.Data.Of(frame).SequenceEqual(envelope.Data.Span), text);
        }

        Assert.True(scanned > 2000 && left > 2000, $"scanned {scanned}, left {left}");
    }

    [Fact]
    public void DepthsThatTheReaderTakesAreTaken()
    {
        for (var depth = 1; depth < 80; depth++)
        {
            var frame = Bytes($"{{\"type\":\"a\",\"data\":{new string('[', depth)}{new string(']', depth)}}}");
            var thoroughly = ClientEnvelope.TryReadThoroughly(frame, out _, out _);
            Assert.Equal(thoroughly, ClientEnvelope.TryRead(frame, out _, out _));
            Assert.False(EnvelopeScanner.TryScan(frame, out _) && !thoroughly);
        }
    }

    private static string Message(Random random)
    {
        var text = new StringBuilder();
        Space();
        text.Append("{\"type\":\"echo_say\"");
        for (var i = random.Next(5); i > 0; i--)
        {
            text.Append(',');
            Member(2);
        }

        text.Append('}');
        Space();
        if (random.Next(2) == 0) return text.ToString();

        // One thing out of place.
        var at = random.Next(text.Length);
        switch (random.Next(3))
        {
            case 0:
                text.Insert(at, Pick(Dirt));
                break;
            case 1:
                text.Remove(at, 1);
                break;
            default:
                text.Length = at;
                break;
        }

        return text.ToString();

        void Member(int depth)
        {
            Space();
            text.Append('"').Append(Pick(Names)).Append('"');
            Space();
            text.Append(':');
            Value(depth);
        }

        void Value(int depth)
        {
            Space();
            var kind = depth == 0 ? 0 : random.Next(4);
            if (kind < 2)
            {
                text.Append(Pick(Scalars));
            }
            else
            {
                var count = random.Next(1, 4);
                text.Append(kind == 2 ? '{' : '[');
                for (var i = 0; i < count; i++)
                {
                    if (i > 0) text.Append(',');
                    if (kind == 2) Member(depth - 1);
                    else Value(depth - 1);
                }

                text.Append(kind == 2 ? '}' : ']');
            }

            Space();
        }

        void Space() => text.Append(Pick(Spaces));

        string Pick(string[] of) => of[random.Next(of.Length)];
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
