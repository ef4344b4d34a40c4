using System.Text;
using System.Text.Json;
using Relay.Core.Errors;
using Relay.Core.Protocol;

namespace Relay.Tests.Rules;

/// <summary>Writing frames.</summary>
public class FramesTests
{
    private const string Awkward = "a\"b\\c\n\0é\u2028😀</script>";

    [Theory]
    [InlineData("", "", "", """{"type":"a_x"}""")]
    [InlineData("\"r\"", "", "", """{"type":"a_x","request_id":"r"}""")]
    [InlineData("17", "\"s\"", "[1]", """{"type":"a_x","request_id":17,"session_id":"s","data":[1]}""")]
    public void APluginsFrameHasExactlyItsMembers(string requestId, string sessionId, string data, string frame) =>
        Assert.Equal(frame, Text(Frames.Plugin("a_", "x", Bytes(requestId), Bytes(sessionId), Bytes(data))));

    [Theory]
    [InlineData(Awkward)]
    [InlineData("")]
    [InlineData("\u007f")]
    public void ATopicOfAnyTextIsWrittenAsJson(string topic) => Assert.Equal("a_" + topic, Read(Frames.Plugin("a_", topic, [], [], [])).GetProperty("type").GetString());

    [Fact]
    public void AnErrorOfTheCatalogueHasItsCodeAndASentence()
    {
        Assert.Equal("""{"type":"error","error":"invalid_json","message":"The frame is not a JSON object."}""", Text(Frames.Error(ErrorCode.InvalidJson)));
        Assert.Equal("""{"type":"error","error":"no_answer","message":"m","request_id":"r"}""", Text(Frames.Error(ErrorCode.NoAnswer, "m", "\"r\""u8)));
    }

    [Fact]
    public void APluginsErrorCarriesWhatItWasGiven()
    {
        var frame = Read(Frames.Error(Awkward, Awkward, "17"u8, Frames.Token(Awkward), """{"a":1}"""u8));
        Assert.Equal("error", frame.GetProperty("type").GetString());
        Assert.Equal(Awkward, frame.GetProperty("error").GetString());
        Assert.Equal(Awkward, frame.GetProperty("message").GetString());
        Assert.Equal(17, frame.GetProperty("request_id").GetInt32());
        Assert.Equal(Awkward, frame.GetProperty("session_id").GetString());
        Assert.Equal(1, frame.GetProperty("data").GetProperty("a").GetInt32());
    }

    [Fact]
    public void AWelcomeTakesAnyUserId()
    {
        var frame = Read(Frames.Welcome(Awkward, 2, "c1", [("a_", "running"), ("b_", "failed")]));
        Assert.Equal(Awkward, frame.GetProperty("user_id").GetString());
        Assert.Equal(2, frame.GetProperty("client_count").GetInt32());
        Assert.Equal("failed", frame.GetProperty("plugins").GetProperty("b_").GetProperty("status").GetString());
    }

    [Fact]
    public void OnlyWhatJsonDemandsIsEscaped() =>
        Assert.Equal("""{"type":"error","error":"x","message":"<é+'>"}""", Text(Frames.Error("x", "<é+'>", [], [], [])));

    [Fact]
    public void APluginStatusIsThreeMembers() =>
        Assert.Equal("""{"type":"plugin_status","plugin":"a_","status":"running"}""", Text(Frames.PluginStatus("a_", "running")));

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "\"\"")]
    [InlineData("s", "\"s\"")]
    public void ATextBecomesAToken(string? text, string token) => Assert.Equal(token, Encoding.UTF8.GetString(Frames.Token(text)));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(Frame frame) => Encoding.UTF8.GetString(frame.Bytes);

    private static JsonElement Read(Frame frame) => JsonSerializer.Deserialize<JsonElement>(frame.Bytes);
}
