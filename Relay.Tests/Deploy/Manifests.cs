using System.Collections.Concurrent;
using System.Diagnostics;
using Relay.Tests.Repository;

namespace Relay.Tests.Deploy;

/// <summary>What an overlay renders to.</summary>
internal sealed class Manifests
{
    private static readonly ConcurrentDictionary<string, Manifests> Rendered = new();

    private Manifests(string overlay) => All = Yaml.Read(Render(overlay));

    public IReadOnlyList<Yaml> All { get; }

    /// <summary>Everything that makes pods.</summary>
    public IEnumerable<Yaml> Workloads => All.Where(static each => each.At("spec.template.spec.containers").Exists);

    public static Manifests Of(string overlay) => Rendered.GetOrAdd(overlay, static name => new(name));

    public IEnumerable<Yaml> Of(params string[] kinds) => All.Where(each => kinds.Contains(each["kind"].Text));

    /// <summary>The workloads whose pods have these labels.</summary>
    public IReadOnlyList<Yaml> Selected(Yaml labels) => [.. Workloads.Where(each => Has(each.At("spec.template.metadata.labels"), labels))];

    public static bool Has(Yaml labels, Yaml wanted) => wanted.Members.Any() && wanted.Members.All(each => labels[each.Key].Text == each.Value.Text);

    public static Yaml Container(Yaml workload) => workload.At("spec.template.spec.containers").Items.Single();

    public static string Name(Yaml each) => $"{each["kind"]} {each.At("metadata.name")}";

    private static string Render(string overlay)
    {
        var start = new ProcessStartInfo(KubectlTheoryAttribute.Program!, ["kustomize", Path.Combine(SourceTree.Root, "deploy", "kubernetes", "overlays", overlay)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && errors.Result.Length == 0, errors.Result);
        return text;
    }
}
