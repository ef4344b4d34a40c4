using System.Runtime.Loader;
using Relay.Gateway.Hosting;
using Relay.Grains.Tests.Support;
using Relay.Tests.Contract;

namespace Relay.Grains.Tests;

/// <summary>A plugin from a file that calls a grain of its author's: samples/Tally, built and loaded as <c>plugins.directory</c> is.</summary>
public sealed class AuthorsGrainsTests : ClusterTest
{
    private static readonly PluginFiles Loaded = PluginFiles.Load(Path.Combine(AppContext.BaseDirectory, "plugins"));

    private protected override PluginFiles Files => Loaded;

    [Fact]
    public void ItIsLoadedApartAndGrainsAreWhatTheHostTakesForThem()
    {
        Assert.Empty(Loaded.Faults);
        var plugin = Assert.Single(Loaded.Registrations).Type;
        var context = AssemblyLoadContext.GetLoadContext(plugin.Assembly)!;
        Assert.NotSame(AssemblyLoadContext.Default, context);
        // Its folder has copies, as a published plugin's has.
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "plugins", "Tally", "Orleans.Core.Abstractions.dll")));
        Assert.Same(typeof(Orleans.IGrainFactory), plugin.GetConstructors().Single().GetParameters().Single().ParameterType);
        Assert.Equal(["Tally"], Loaded.Assemblies.Select(static assembly => assembly.GetName().Name));
    }

    [Fact]
    public async Task TheGrainIsOneForAllUsersOfATenantWhereverTheirHubsAre()
    {
        var silos = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            var client = await JoinAsync(i % 2 == 0 ? First : Second, $"u{i}");
            silos.Add(Cluster.SiloOf(i % 2 == 0 ? First : Second, User($"u{i}")).SiloAddress.ToString());
            Assert.Equal(i / 2 + 1, await VoteAsync(client, "lunch", i % 2 == 0 ? "soup" : "salad"));
        }

        Assert.True(silos.Count > 1);
        var stranger = await JoinAsync(First, "u0", tenant: "other");
        Assert.Equal(1, await VoteAsync(stranger, "lunch", "soup"));
    }

    [Fact]
    public async Task APollIsThereAgainAfterTheLossOfAnySiloThoughNotItsVotes()
    {
        var client = await JoinAsync(First);
        Assert.Equal(1, await VoteAsync(client, "lunch", "soup"));
        await Cluster.KillAsync(Cluster.SiloOf(First, User("alice")));
        // Asked until the cluster knows where the poll is: what the plugin answers meanwhile is its author's word for it.
        await Eventually.Async(async () => (await client.AskAsync("tally_vote", Guid.NewGuid().ToString(), Choice("lunch", "soup"))).Outcome() == "tally_result");
        Assert.Equal(0, Cluster.Counters.Crashes);
    }

    private static string Choice(string poll, string option) => $$"""{"poll":"{{poll}}","option":"{{option}}"}""";

    private static async Task<int> VoteAsync(Client client, string poll, string option)
    {
        var answer = await client.AskAsync("tally_vote", Guid.NewGuid().ToString(), Choice(poll, option));
        Assert.Equal("tally_result", answer.Outcome());
        return answer.GetProperty("data").GetProperty("votes").GetProperty(option).GetInt32();
    }
}
