using Relay.Tests.Support;

namespace Relay.Tests.Deploy;

/// <summary>A theory over rendered manifests; skipped where there is no kubectl, which has kustomize in it.</summary>
internal sealed class KubectlTheoryAttribute : TheoryAttribute
{
    public static readonly string? Program = Programs.Find("kubectl");

    public KubectlTheoryAttribute()
    {
        if (Program is null) Skip = "kubectl is not installed";
    }
}
