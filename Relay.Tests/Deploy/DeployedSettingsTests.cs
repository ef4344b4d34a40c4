using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Relay.Gateway.Hosting;
using Relay.Tests.Repository;

namespace Relay.Tests.Deploy;

/// <summary>The settings that deploy/ starts processes with are ones that they take, and say the same as what stands around them.</summary>
public sealed partial class DeployedSettingsTests
{
    private const string ConfigFile = "/etc/relay/relay.yaml";

    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void WhatIsMountedPassesAndNamesThePodsPorts(string overlay)
    {
        foreach (var workload in Manifests.Of(overlay).Workloads)
        {
            var settings = Load(overlay, workload);
            var ports = ManifestTests.Ports(workload);
            Assert.Equal((ports["http"], ports["metrics"]), (settings.Server.Port, settings.Metrics.Port));
            Assert.Equal((SettingForms.AnyHost, SettingForms.AnyHost), (settings.Server.Host, settings.Metrics.Host));
            if (ports.TryGetValue("silo", out var silo)) Assert.Equal((silo, ports["gateway"]), (settings.Cluster.SiloPort, settings.Cluster.GatewayPort));
            Assert.Equal(Path.GetDirectoryName(ConfigFile), Manifests.Container(workload)["volumeMounts"].Items.Single(static mount => mount["name"].Text == "config")["mountPath"].Text);
        }
    }

    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void TheTracesCollectorIsNamedWhereTheyAreSwitchedOn(string overlay)
    {
        foreach (var workload in Manifests.Of(overlay).Workloads)
        {
            Assert.False(Load(overlay, workload).Traces.Enabled);
            var switched = Load(overlay, workload, static file => file.Replace("traces:\n  enabled: false\n", "traces:\n  enabled: true\n", StringComparison.Ordinal));
            Assert.True(switched.Traces.Enabled);
            Assert.NotEmpty(switched.Traces.Otlp.Endpoint);
        }
    }

    // preStop, the drain (twice it where hubs are), and a rest for the start and the end of a process.
    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void TheGracePeriodIsEnoughForTheDrain(string overlay)
    {
        foreach (var workload in Manifests.Of(overlay).Workloads)
        {
            var pause = Manifests.Container(workload).At("lifecycle.preStop.sleep.seconds").Text;
            var drain = Load(overlay, workload).Server.DrainTimeout * (Args(workload) is [.., "silo"] ? 2 : 1);
            var needed = TimeSpan.FromSeconds(5 + (pause.Length == 0 ? 0 : int.Parse(pause, CultureInfo.InvariantCulture))) + drain;
            Assert.True(int.Parse(workload.At("spec.template.spec.terminationGracePeriodSeconds").Text, CultureInfo.InvariantCulture) >= needed.TotalSeconds, Manifests.Name(workload));
        }
    }

    [Fact]
    public void TheComposedProcessesPassAndNothingListensBeyondTheMachine()
    {
        var compose = Yaml.Read(SourceTree.Read("deploy/compose.yaml")).Single();
        var ours = compose["services"].Members.Where(static each => each.Value["image"].Text == "relay-silo").ToList();
        Assert.Equal(["front", "hubs-1", "hubs-2"], ours.Select(static each => each.Key).Order());
        foreach (var (_, service) in ours)
        {
            var environment = service["environment"].Members.ToDictionary(static each => each.Key, static each => Defaulted().Replace(each.Value.Text, "$1"));
            var settings = Load([.. service["command"].Items.Select(static each => each.Text)], environment, SourceTree.Read("deploy/images/relay.yaml"));
            Assert.Equal(service.At("networks.relay.ipv4_address").Text, settings.Cluster.Host.Replace("127.0.0.1", "", StringComparison.Ordinal));
            Assert.Equal("true", service["read_only"].Text);
        }

        Assert.All(compose["services"].Members.SelectMany(static each => each.Value["ports"].Items), static port => Assert.StartsWith("127.0.0.1:", port.Text));
        var mounts = compose["services"].Members.SelectMany(static each => each.Value["volumes"].Items).Select(static each => each.Text).Where(static each => each.StartsWith('.')).ToList();
        Assert.NotEmpty(mounts);
        Assert.All(mounts, static mount => Assert.True(Directory.Exists(Path.Combine(SourceTree.Root, "deploy", mount.Split(':')[0])), mount));
    }

    [Theory]
    [InlineData("gateway", "Relay.Gateway")]
    [InlineData("silo", "Relay.Silo")]
    [InlineData("agent", "Relay.Agent")]
    public void ImagesRunWithoutRights(string image, string project)
    {
        var lines = SourceTree.Read($"deploy/images/{image}.Dockerfile").Split('\n');
        Assert.Contains("USER 1654:1654", lines);
        Assert.Contains(lines, line => line.StartsWith($"RUN dotnet publish {project} -c Release -o /app", StringComparison.Ordinal));
        var entry = lines.Last(static line => line.StartsWith("ENTRYPOINT ", StringComparison.Ordinal));
        if (image == "agent") return;
        Assert.Equal($"ENTRYPOINT [\"dotnet\", \"/app/{project}.dll\", \"--config-file\", \"{ConfigFile}\"]", entry);
        Assert.Contains(lines, line => line.EndsWith(entry[11..^1] + ", \"--check-health\"]", StringComparison.Ordinal) && line.StartsWith("HEALTHCHECK ", StringComparison.Ordinal));
    }

    [Fact]
    public void AnImageAsItStandsAsksWhoMayConnect()
    {
        var faults = Faults([], [], SourceTree.Read("deploy/images/relay.yaml"));
        Assert.Contains("auth.insecure", Assert.Single(faults).ToString());
        Assert.Empty(Faults([], new() { ["RELAY_AUTH__INSECURE"] = "true" }, SourceTree.Read("deploy/images/relay.yaml")));
    }

    private static string[] Args(Yaml workload) => [.. Manifests.Container(workload)["args"].Items.Select(static each => each.Text)];

    private static RelaySettings Load(string overlay, Yaml workload, Func<string, string>? change = null)
    {
        var volume = workload.At("spec.template.spec.volumes").Items.Single(static each => each["name"].Text == "config");
        var map = Manifests.Of(overlay).Of("ConfigMap").Single(each => each.At("metadata.name").Text == volume.At("configMap.name").Text);
        var environment = Manifests.Container(workload)["env"].Items.ToDictionary(static each => each["name"].Text, static each => Value(each["valueFrom"]));
        var file = map["data"]["relay.yaml"].Text;
        return Load(Args(workload), environment, change?.Invoke(file) ?? file);
    }

    // As the cluster and the secret would give them.
    private static string Value(Yaml from) => (from.At("fieldRef.fieldPath").Text, from.At("secretKeyRef.name").Text, from.At("secretKeyRef.key").Text) switch
    {
        ("status.podIP", _, _) => "10.1.2.3",
        (_, "relay-secrets", "redis") => "redis:6379,password=x",
        (_, "relay-secrets", "postgres") => "Host=postgres;Username=relay;Password=x;Database=relay",
        var other => throw new InvalidOperationException($"{other}"),
    };

    private static RelaySettings Load(string[] args, Dictionary<string, string> environment, string file)
    {
        var result = SettingsLoader.Load(Input(args, environment, file));
        Assert.Empty(result.Faults);
        return result.Settings!;
    }

    private static IReadOnlyList<SettingFault> Faults(string[] args, Dictionary<string, string> environment, string file) => SettingsLoader.Load(Input(args, environment, file)).Faults;

    private static SettingsInput Input(string[] args, Dictionary<string, string> environment, string file)
    {
        var line = CommandLine.Parse([.. args, "--config-file", ConfigFile], args is ["--role", ..] ? RelayProgram.Silo : RelayProgram.Gateway);
        return new(line, environment)
        {
            OpenFile = path => path == ConfigFile ? new MemoryStream(Encoding.UTF8.GetBytes(file)) : throw new FileNotFoundException(path),
            DirectoryExists = static _ => false,
            Checks = args is ["--role", "silo"] ? [.. SettingsChecks.All, ClusterSettings.SharedStore] : SettingsChecks.All,
        };
    }

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex Defaulted();
}
