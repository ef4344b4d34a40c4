using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class FileTests
{
    [Fact]
    public void AMissingFileIsNamed()
    {
        var fault = Assert.Single(new Loading { Args = ["--config-file", "nowhere.yaml"] }.Faults());
        Assert.StartsWith("nowhere.yaml: cannot be read: ", fault);
    }

    [Fact]
    public void AFolderIsNotAFile()
    {
        var input = new SettingsInput(CommandLine.Parse(["--config-file", Path.GetTempPath()]), new Dictionary<string, string>());
        Assert.Contains("cannot be read", Assert.Single(SettingsLoader.Load(input).Faults).ToString());
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe, (byte)'a', 0 })]
    [InlineData(new byte[] { (byte)'a', (byte)':', 0xc3, 0x28 })]
    public void OnlyUtf8IsRead(byte[] bytes) =>
        Assert.Equal(["relay.yaml: is not UTF-8 text"], new Loading { FileBytes = bytes }.Faults());

    [Fact]
    public void SizeIsBounded()
    {
        var comment = "#" + new string('x', SettingsLoader.MaxFileBytes - 1);
        Assert.NotNull(Loading.SettingsOf(comment));
        Assert.Equal(["relay.yaml: is longer than 1048576 bytes"], Loading.FaultsOf(comment + "x"));
    }

    [Fact]
    public void AnEndlessFileIsReadToTheBoundOnly()
    {
        var input = new Loading { Args = ["--config-file", "/dev/zero"] }.Input() with { OpenFile = _ => new EndlessStream() };
        Assert.Equal("/dev/zero: is longer than 1048576 bytes", Assert.Single(SettingsLoader.Load(input).Faults).ToString());
    }

    [Fact]
    public void ControlCharactersDoNotReachTheTerminal()
    {
        var fault = Assert.Single(Loading.FaultsOf("server: { port: \"\\e[31m\\nred" + new string('x', 500) + "\" }"));
        Assert.DoesNotContain('\u001b', fault);
        Assert.DoesNotContain('\n', fault);
        Assert.InRange(fault.Length, 1, 200);
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'#');
            return buffer.Length;
        }
    }
}
