using System.Text;
using Relay.Core.Peers;

namespace Relay.Tests.Rules;

/// <summary>Messages of both generations, well and badly made.</summary>
public class PeerMessageTests
{
    [Theory]
    [InlineData("""{"type":"Join","documentIds":["x","y"]}""", "Join x,y")]
    [InlineData("""{"documentIds":["x"],"more":{"a":[1,{"b":2}]},"type":"Leave"}""", "Leave x")]
    [InlineData("""{"type":"Join","join":["x"]}""", "Join x")]
    [InlineData("""{"type":"Join"}""", "Join ")]
    [InlineData("""{"type":"Join","documentIds":null}""", "Join ")]
    [InlineData("""{"type":"Join","documentIds":[1,null,["z"],"x",""]}""", "Join x")]
    [InlineData("""{"type":"Heartbeat"}""", "None ")]
    [InlineData("""{"type":7}""", "None ")]
    [InlineData("null", "None ")]
    [InlineData("[1,2]", "None ")]
    [InlineData("7", "None ")]
    [InlineData("""{"type":"Join"} x""", "malformed")]
    [InlineData("""{"type":"Join",""", "malformed")]
    [InlineData("{╯°□°}╯︵ ┻━┻", "malformed")]
    [InlineData("""{"type":"\ud800"}""", "malformed")]
    [InlineData("", "malformed")]
    public void Json(string text, string expected) => Assert.Equal(expected, Describe(PeerMessage.Read(Encoding.UTF8.GetBytes(text), PeerFormat.Json)));

    [Theory]
    [InlineData("DE0002A474797065A44A6F696EAB646F63756D656E7449647392A178A179", "Join x,y")] // a map of 16 bits, as msgpackr writes it
    [InlineData("82A474797065A54C65617665AB646F63756D656E744964739101", "Leave ")]
    [InlineData("82A474797065A44A6F696EA46A6F696EDC0001D90178", "Join x")]
    [InlineData("82A474797065A44A6F696EAB646F63756D656E74496473D40000", "Join ")] // undefined, as msgpackr writes it
    [InlineData("81A474797065A9486561727462656174", "None ")]
    [InlineData("81A474797065A6E29DA4EFB88F", "None ")]
    [InlineData("C0", "None ")]
    [InlineData("CB400921FB54442D18", "None ")]
    [InlineData("C70305010203", "None ")]
    [InlineData("010203", "malformed")]
    [InlineData("C1", "malformed")]
    [InlineData("82A474797065A44A6F696E", "malformed")]
    [InlineData("DFFFFFFFFF", "malformed")]
    [InlineData("DDFFFFFFFF01", "malformed")]
    [InlineData("C6FFFFFFFF00", "malformed")]
    [InlineData("", "malformed")]
    public void MessagePack(string hex, string expected) => Assert.Equal(expected, Describe(PeerMessage.Read(Convert.FromHexString(hex), PeerFormat.MessagePack)));

    [Fact]
    public void EveryCutAndEveryNestingIsReadOrRefused()
    {
        var whole = Convert.FromHexString("DE0003A474797065A44A6F696EA16181A162C403010203AB646F63756D656E7449647392A178A179");
        for (var length = 0; length < whole.Length; length++)
            Assert.Equal("malformed", Describe(PeerMessage.Read(whole.AsSpan(0, length), PeerFormat.MessagePack)));
        Assert.Equal("Join x,y", Describe(PeerMessage.Read(whole, PeerFormat.MessagePack)));
        Assert.Equal("malformed", Describe(PeerMessage.Read(Enumerable.Repeat((byte)0x91, 60_000).ToArray(), PeerFormat.MessagePack)));
    }

    [Fact]
    public void BytesFromASeedNeverThrow()
    {
        var random = new Random(7);
        var bytes = new byte[64];
        for (var i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            PeerMessage.Read(bytes.AsSpan(0, random.Next(64)), PeerFormat.MessagePack);
            PeerMessage.Read(bytes.AsSpan(0, random.Next(64)), PeerFormat.Json);
        }
    }

    [Fact]
    public void AnIntroductionOfAnySizeIsReadBack()
    {
        foreach (var count in (int[])[0, 1, 15, 16, 70_000])
        {
            var documents = Enumerable.Range(0, count).Select(static i => i % 3 == 0 ? $"é{i}" : new string('d', i % 256 + 1)).ToList();
            var frame = new Introduction("bö\"b", documents).In(PeerFormat.MessagePack);
            Assert.False(frame.IsText);
            Assert.False(PeerMessage.Read(frame.Bytes, PeerFormat.MessagePack).IsMalformed);
            Assert.Equal(documents.Count, System.Text.Json.JsonDocument.Parse(new Introduction("bö\"b", documents).In(PeerFormat.Json).Bytes).RootElement.GetProperty("documentIds").GetArrayLength());
        }
    }

    private static string Describe(in PeerMessage message) => message.IsMalformed ? "malformed" : $"{message.Verb} {string.Join(',', message.Documents)}";
}
