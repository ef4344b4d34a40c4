using Relay.Gateway.Hosting;

namespace Relay.Tests.Gateway.Settings;

public class RelayCommandTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _errors = new() { NewLine = "\n" };
    private RelaySettings? _ran;

    [Fact]
    public async Task ValidSettingsPassTheCheckWithoutARun()
    {
        Assert.Equal(0, await Execute(new Loading { Yaml = "server: { port: 1 }", Args = ["--check-config"] }));
        Assert.Equal(("configuration is valid\nevery name is a tenant: the settings name none, and authentication is off\n", "", null), (_output.ToString(), _errors.ToString(), _ran));
    }

    [Fact]
    public async Task TheCheckSaysWhatEachTenantGets()
    {
        var yaml = "tenants:\n  b: { suspended: true }\n  a: { rooms: { max_rooms: 5, patterns: { quiet: { match: 'q-*' } } }, tunnel_allow: ['x.example:443'] }";
        Assert.Equal(0, await Execute(new Loading { Yaml = yaml, Args = ["--check-config"] }));
        Assert.Equal(
            [
                "configuration is valid",
                "tenant a: as the relay, but",
                "  rooms.max_rooms: 5, not 100000",
                "  rooms.patterns.NAME.match: *, q-*, not *",
                "  rooms.patterns.NAME.history_messages: 0, 0, not 0",
                "  rooms.patterns.NAME.history_time: 5m, 5m, not 5m",
                "  rooms.patterns.NAME.history_bytes: 262144, 262144, not 262144",
                "  rooms.patterns.NAME.presence: false, false, not false",
                "  rooms.patterns.NAME.echo: true, true, not true",
                "  rooms.patterns.NAME.receive_only: false, false, not false",
                "  tunnel.allow: [x.example:443], not []",
                "tenant b (suspended): as the relay",
            ],
            _output.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task TheCheckSaysAKeyOfManyLinesInOne()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var pem = key.ExportSubjectPublicKeyInfoPem();
        var yaml = $"tenants: {{ a: {{ auth: {{ issuer: us, audience: [r], keys: {{ k: {{ public_key: {System.Text.Json.JsonSerializer.Serialize(pem)} }} }} }} }} }}";
        Assert.Equal(0, await Execute(new Loading { Yaml = yaml, Args = ["--check-config"] }));
        var lines = _output.ToString().TrimEnd().Split('\n');
        Assert.Contains("  auth.issuer: us, not (nothing)", lines);
        Assert.Contains($"  auth.keys.NAME.public_key: k: {pem.Replace('\n', ' ')}, not (nothing)", lines);
    }

    [Fact]
    public async Task TheCheckPrintsEveryFaultAndExitsWithTwo()
    {
        Assert.Equal(2, await Execute(new Loading { Yaml = "server: { port: x }\nhbu: {}", Args = ["--check-config"] }));
        Assert.Equal(
            ["relay.yaml:1: server.port: must be a whole number from 0 to 65535, not \"x\"", "relay.yaml:2: hbu: unknown key"],
            _output.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task AStartWithFaultsPrintsTheSameOnStandardErrorAndExitsWithTwo()
    {
        Assert.Equal(2, await Execute(new Loading { Args = ["--server:port", "x", "--nonsense"] }));
        Assert.Equal(2, _errors.ToString().TrimEnd().Split('\n').Length);
        Assert.Equal(("", null), (_output.ToString(), _ran));
    }

    [Fact]
    public async Task AStartHandsTheSettingsOn()
    {
        Assert.Equal(0, await Execute(new Loading { Args = ["--server:port", "4444"] }));
        Assert.Equal(4444, _ran?.Server.Port);
    }

    [Fact]
    public async Task ALogFileThatCannotBeOpenedIsAFault()
    {
        // A folder that the check does not see as one: opening it fails like a missing permission does.
        Assert.Equal(2, await Execute(new Loading { Args = ["--logging:output", "/"] }));
        Assert.StartsWith("logging.output: cannot be opened: ", _errors.ToString());
        Assert.Null(_ran);
    }

    [Fact]
    public async Task AFailureToListenIsOneLineAndExitsWithOne()
    {
        var command = new RelayCommand(_output, _errors, (_, _) => throw new IOException("address already in use"));
        Assert.Equal(1, await command.ExecuteAsync(new Loading().Input()));
        Assert.Equal("relay: address already in use\n", _errors.ToString());
    }

    [Theory]
    [InlineData("--help", "docs/relay.yaml")]
    [InlineData("--help", "--check-config")]
    [InlineData("--help", "--server:port")]
    [InlineData("--version", "relay 0.")]
    public async Task HelpAndVersionArePrintedWhateverElseIsWrong(string option, string text)
    {
        Assert.Equal(0, await Execute(new Loading { Args = ["--nonsense", option] }));
        Assert.Contains(text, _output.ToString());
        Assert.Null(_ran);
    }

    private Task<int> Execute(Loading loading) => new RelayCommand(_output, _errors, (settings, _) =>
    {
        _ran = settings;
        return Task.CompletedTask;
    }).ExecuteAsync(loading.Input());
}
