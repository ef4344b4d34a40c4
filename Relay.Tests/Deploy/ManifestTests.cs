using System.Globalization;

namespace Relay.Tests.Deploy;

/// <summary>What deploy/kubernetes renders to holds together.</summary>
public sealed class ManifestTests
{
    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["ConfigMap"] = "v1",
        ["Deployment"] = "apps/v1",
        ["HorizontalPodAutoscaler"] = "autoscaling/v2",
        ["NetworkPolicy"] = "networking.k8s.io/v1",
        ["PersistentVolumeClaim"] = "v1",
        ["PodDisruptionBudget"] = "policy/v1",
        ["Service"] = "v1",
        ["ServiceAccount"] = "v1",
        ["ServiceMonitor"] = "monitoring.coreos.com/v1",
    };

    // Neither Secret nor Role among them: secrets are the operator's to make, and nothing asks Kubernetes for anything.
    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void KindsAndVersionsAreKnown(string overlay)
    {
        Assert.NotEmpty(Manifests.Of(overlay).All);
        Assert.All(Manifests.Of(overlay).All, static each => Assert.Equal(Kinds.GetValueOrDefault(each["kind"].Text, "unknown"), each["apiVersion"].Text));
    }

    [KubectlTheory]
    [InlineData("single", 1)]
    [InlineData("cluster", 2)]
    public void SelectorsMatchLabels(string overlay, int workloads)
    {
        var all = Manifests.Of(overlay);
        Assert.Equal(workloads, all.Workloads.Count());
        Assert.All(all.Workloads, each => Assert.Equal(Manifests.Name(each), Manifests.Name(Assert.Single(all.Selected(each.At("spec.selector.matchLabels"))))));
        Assert.All(all.Of("PodDisruptionBudget"), each => Assert.Single(all.Selected(each.At("spec.selector.matchLabels"))));
        Assert.All(all.Of("NetworkPolicy"), each => Assert.Single(all.Selected(each.At("spec.podSelector.matchLabels"))));
        Assert.All(all.Of("Service"), each => Assert.NotEmpty(all.Selected(each.At("spec.selector"))));
        Assert.All(all.Of("ServiceMonitor"), each => Assert.Single(all.Of("Service"), service => Manifests.Has(service.At("metadata.labels"), each.At("spec.selector.matchLabels"))));
        Assert.All(all.Of("HorizontalPodAutoscaler"), each => Assert.Single(all.Workloads, workload => workload.At("metadata.name").Text == each.At("spec.scaleTargetRef.name").Text));
        Assert.All(all.Workloads.SelectMany(static each => each.At("spec.template.spec.topologySpreadConstraints").Items), each => Assert.Single(all.Selected(each.At("labelSelector.matchLabels"))));

        // The peers that a policy names are pods of ours, or another namespace's.
        var peers = all.Of("NetworkPolicy").SelectMany(static each => each.At("spec.ingress").Items).SelectMany(static rule => rule["from"].Items).Where(static from => from["podSelector"].Exists);
        Assert.All(peers, from => Assert.NotEmpty(all.Selected(from.At("podSelector.matchLabels"))));
    }

    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void ProbesServicesAndPoliciesNamePortsThatAreThere(string overlay)
    {
        var all = Manifests.Of(overlay);
        foreach (var workload in all.Workloads)
        {
            var container = Manifests.Container(workload);
            foreach (var (probe, path) in new[] { ("startupProbe", "/healthz/live"), ("livenessProbe", "/healthz/live"), ("readinessProbe", "/healthz/ready") })
                Assert.Equal(("http", path), (container.At($"{probe}.httpGet.port").Text, container.At($"{probe}.httpGet.path").Text));
            Assert.Contains("http", Ports(workload).Keys);
        }

        foreach (var service in all.Of("Service"))
            Assert.All(all.Selected(service.At("spec.selector")), workload => Assert.All(service.At("spec.ports").Items, port => Assert.Contains(port["targetPort"].Text, Ports(workload).Keys)));
        foreach (var policy in all.Of("NetworkPolicy"))
        {
            var ports = Ports(Assert.Single(all.Selected(policy.At("spec.podSelector.matchLabels"))));
            Assert.All(policy.At("spec.ingress").Items.SelectMany(static rule => rule["ports"].Items), port => Assert.Contains(port["port"].Text, ports.Keys));
        }

        foreach (var monitor in all.Of("ServiceMonitor"))
        {
            var service = all.Of("Service").Single(each => Manifests.Has(each.At("metadata.labels"), monitor.At("spec.selector.matchLabels")));
            Assert.All(monitor.At("spec.endpoints").Items, endpoint => Assert.Contains(endpoint["port"].Text, service.At("spec.ports").Items.Select(static port => port["name"].Text)));
        }
    }

    [KubectlTheory]
    [InlineData("single")]
    [InlineData("cluster")]
    public void PodsMayDoNothingThatTheyNeedNot(string overlay)
    {
        foreach (var workload in Manifests.Of(overlay).Workloads)
        {
            var (pod, container) = (workload.At("spec.template.spec"), Manifests.Container(workload));
            Assert.Equal(("false", "false"), (pod["automountServiceAccountToken"].Text, pod["enableServiceLinks"].Text));
            Assert.Equal(("true", "1654", "RuntimeDefault"), (pod.At("securityContext.runAsNonRoot").Text, pod.At("securityContext.runAsUser").Text, pod.At("securityContext.seccompProfile.type").Text));
            Assert.Equal(("false", "true"), (container.At("securityContext.allowPrivilegeEscalation").Text, container.At("securityContext.readOnlyRootFilesystem").Text));
            Assert.Equal("ALL", Assert.Single(container.At("securityContext.capabilities.drop").Items).Text);
            Assert.All(new[] { "requests.cpu", "requests.memory", "limits.memory" }, path => Assert.NotEqual("", container.At("resources." + path).Text));
            Assert.DoesNotContain(":latest", container["image"].Text);
            Assert.Contains(":", container["image"].Text);

            // Where a value could be a secret it is a reference.
            Assert.All(container["env"].Items, static each => Assert.True(each["valueFrom"].Exists, each["name"].Text));
        }
    }

    // Nobody but the relay's own pods reaches the ports that ask for no password.
    [KubectlTheory]
    [InlineData("cluster")]
    public void OnlyRelayPodsReachTheSilosPorts(string overlay)
    {
        var rules = Manifests.Of(overlay).Of("NetworkPolicy").SelectMany(static each => each.At("spec.ingress").Items).ToList();
        var inner = rules.Where(static rule => rule["ports"].Items.Any(static port => port["port"].Text is "silo" or "gateway")).ToList();
        Assert.NotEmpty(inner);
        Assert.All(inner, static rule => Assert.All(rule["from"].Items, static from => Assert.Equal("relay", from.At("podSelector.matchLabels")["app.kubernetes.io/name"].Text)));
        Assert.All(inner, static rule => Assert.NotEmpty(rule["from"].Items));
    }

    internal static Dictionary<string, int> Ports(Yaml workload) =>
        Manifests.Container(workload)["ports"].Items.ToDictionary(static port => port["name"].Text, static port => int.Parse(port["containerPort"].Text, CultureInfo.InvariantCulture));
}
