using System.Text;
using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Tests.Rules;

/// <summary>Reading a client's message.</summary>
public class EnvelopeTests
{
    [Fact]
    public void TheEnvelopeShowsWhereItsMembersStand()
    {
        const string Json = """ {"x":[{"type":1}],"session_id" : "s","data": {"a" : 1} ,"type":"a_b","request_id":"r"} """;
        var message = Good(Json);
        Assert.Equal("a_b", Encoding.UTF8.GetString(message.Type));
        Assert.Equal("\"r\"", Encoding.UTF8.GetString(message.RequestId));
        Assert.Equal("\"s\"", Encoding.UTF8.GetString(message.SessionId));
        Assert.Equal("""{"a" : 1}""", Encoding.UTF8.GetString(message.Data.Span));
        Assert.Equal(("a_b", "r", "s"), (message.TypeText(), message.RequestIdText(), message.SessionIdText()));
        Assert.Equal(new Credit(1, Json.Length), message.Credit);
        Assert.False(message.HasEscapedType);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("[]")]
    [InlineData("[{\"type\":\"a\"}]")]
    [InlineData("null")]
    [InlineData("\"type\"")]
    [InlineData("1")]
    [InlineData("{")]
    [InlineData("{\"type\":\"a\"")]
    [InlineData("{\"type\":\"a\",}")]
    [InlineData("{\"type\":\"a\"}}")]
    [InlineData("{\"type\":\"a\"} x")]
    [InlineData("{\"type\":\"a\"}{\"type\":\"a\"}")]
    [InlineData("{\"type\":\"a\"} null")]
    [InlineData("{type:\"a\"}")]
    [InlineData("{'type':'a'}")]
    [InlineData("{\"type\":\"a\"/**/}")]
    [InlineData("{\"type\":\"a\nb\"}")]
    [InlineData("{\"type\":\"\\x\"}")]
    [InlineData("{\"type\":\"a\",\"data\":01}")]
    [InlineData("{\"type\":\"a\",\"data\":NaN}")]
    [InlineData("\uFEFF{\"type\":\"a\"}")]
    [InlineData("{\"type\":\"a\"}\0")]
    public void WhatIsNoJsonObjectIsInvalidJson(string json) => Assert.Equal(ErrorCode.InvalidJson, Bad(json).Fault);

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"Type\":\"a\"}")]
    [InlineData("{\"data\":{\"type\":\"a\"}}")]
    [InlineData("{\"type\":1}")]
    [InlineData("{\"type\":null}")]
    [InlineData("{\"type\":true}")]
    [InlineData("{\"type\":[\"a\"]}")]
    [InlineData("{\"type\":{\"type\":\"a\"}}")]
    public void WithoutATypeThatIsAStringTheCommandIsUnknown(string json) => Assert.Equal(ErrorCode.UnknownCommand, Bad(json).Fault);

    [Fact]
    public void AFaultBehindTheRequestIdStillEchoesIt()
    {
        Assert.Equal("\"r1\"", Bad("""{"request_id":"r1"}""").RequestId);
        Assert.Equal("\"r1\"", Bad("""{"request_id":"r1","type":5}""").RequestId);
        Assert.Equal("17", Bad("""{"type":"a","request_id":17,"session_id":5}""").RequestId);
        Assert.Equal("", Bad("""{"request_id":"r1",""").RequestId);
    }

    [Theory]
    [InlineData("\"type\":\"a\"", "\"type\":\"b\"")]
    [InlineData("\"type\":\"a\"", "\"type\":1")]
    [InlineData("\"type\":1", "\"type\":\"a\"")]
    [InlineData("\"type\":\"a\"", "\"\\u0074ype\":\"b\"")]
    [InlineData("\"type\":\"a\",\"data\":1", "\"data\":1")]
    [InlineData("\"type\":\"a\",\"request_id\":null", "\"request_id\":\"r\"")]
    [InlineData("\"type\":\"a\",\"session_id\":\"s\"", "\"session_id\":\"s\"")]
    public void AMemberThatStandsTwiceIsRefused(string first, string second) => Assert.Equal(ErrorCode.InvalidJson, Bad($"{{{first},{second}}}").Fault);

    [Fact]
    public void MembersTheRelayDoesNotKnowMayStandTwice() => Assert.Equal("a", Good("""{"x":1,"type":"a","x":2}""").TypeText());

    [Theory]
    [InlineData("\"r\"", "r")]
    [InlineData("\"\"", "")]
    [InlineData("17", "17")]
    [InlineData("-1.50e+400", "-1.50e+400")]
    [InlineData("\"a\\\"b\\u00e9\"", "a\"bé")]
    [InlineData("\"é\"", "é")]
    [InlineData("\"\\ud800\"", "\uFFFD")]
    public void ARequestIdIsAStringOrANumberAndIsEchoedAsItCame(string token, string text)
    {
        var message = Good($"{{\"type\":\"a\",\"request_id\":{token}}}");
        Assert.Equal(token, Encoding.UTF8.GetString(message.RequestId));
        Assert.Equal(text, message.RequestIdText());
    }

    [Theory]
    [InlineData("request_id", "true")]
    [InlineData("request_id", "[1]")]
    [InlineData("request_id", "{}")]
    [InlineData("session_id", "1")]
    [InlineData("session_id", "[]")]
    public void AnIdOfAnotherKindIsRefused(string member, string value) => Assert.Equal(ErrorCode.InvalidJson, Bad($"{{\"type\":\"a\",\"{member}\":{value}}}").Fault);

    [Fact]
    public void NullIdsCountAsAbsent()
    {
        var message = Good("""{"type":"a","request_id":null,"session_id":null}""");
        Assert.Equal((0, 0), (message.RequestId.Length, message.SessionId.Length));
        Assert.Null(message.RequestIdText());
        Assert.Null(message.SessionIdText());
    }

    [Theory]
    [InlineData(@"a\u005fb", "a_b")]
    [InlineData(@"\ud83d\ude00", "😀")]
    [InlineData(@"\ud800", "\uFFFD")]
    [InlineData(@"\udc00x", "\uFFFD")]
    public void AnEscapedTypeIsDecoded(string type, string text)
    {
        var message = Good($"{{\"type\":\"{type}\"}}");
        Assert.True(message.HasEscapedType);
        Assert.Equal(text, message.TypeText());
    }

    [Theory]
    [InlineData(@"{""\ud800"":1,""type"":""a""}")]
    [InlineData(@"{""typ\ud800"":1,""type"":""a""}")]
    [InlineData(@"{""session_\udc00x"":1,""type"":""a""}")]
    public void AMembersNameWithHalfASurrogatePairIsAMemberLikeOthers(string json) => Assert.Equal("a", Good(json).TypeText());

    [Fact]
    public void ALongTypeIsRead() => Assert.Equal(5000, Good($"{{\"type\":\"{new string('x', 5000)}\"}}").TypeText().Length);

    [Fact]
    public void NestingHasABound()
    {
        Assert.Equal("a", Good($"{{\"type\":\"a\",\"data\":{new string('[', 60)}{new string(']', 60)}}}").TypeText());
        Assert.Equal(ErrorCode.InvalidJson, Bad($"{{\"type\":\"a\",\"data\":{new string('[', 30_000)}{new string(']', 30_000)}}}").Fault);
        Assert.Equal(ErrorCode.InvalidJson, Bad(new string('[', 60_000)).Fault);
        Assert.Equal(ErrorCode.InvalidJson, Bad(string.Concat(Enumerable.Repeat("{\"type\":", 10_000))).Fault);
    }

    [Fact]
    public void EveryBeginningOfAMessageIsRefusedWithoutAnException()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"ty\u0070e":"a_é\ud83d\ude00","request_id":-1.5e3,"session_id":"s","data":[{"a":null},true]}""");
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(ClientEnvelope.TryRead(bytes[..length], out _, out var fault));
            Assert.Equal(ErrorCode.InvalidJson, fault.Code);
        }

        Assert.True(ClientEnvelope.TryRead(bytes, out _, out _));
    }

    private static ClientEnvelope Good(string json)
    {
        Assert.True(ClientEnvelope.TryRead(Encoding.UTF8.GetBytes(json), out var message, out var fault), fault.Message);
        return message;
    }

    private static (ErrorCode Fault, string RequestId) Bad(string json)
    {
        Assert.False(ClientEnvelope.TryRead(Encoding.UTF8.GetBytes(json), out var message, out var fault));
        Assert.NotNull(fault.Message);
        return (fault.Code, Encoding.UTF8.GetString(message.RequestId));
    }
}
