using System.Globalization;
using System.Text.Json;
using Relay.Tests.Gateway.Webhooks;
using Relay.Tests.Support;
using Xunit.Abstractions;

namespace Relay.Tests.Processes;

/// <summary>What a kill costs of the events that a tenant's own program is told: those of the last moment, and no other.</summary>
public sealed class WebhookKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Users = 40;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("relay-process-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task AfterAKillTheNextProcessTellsTheRestWithoutAGapAndNothingTwiceUnderAnotherId()
    {
        await using var receiver = await HookReceiver.StartAsync();
        var (told, clients) = (new List<HookRequest>(), new List<RawWebSocketClient>());
        await using (var relay = await StartAsync(receiver))
        {
            told.Add(await receiver.NextAsync());
            for (var user = 0; user < Users; user++)
            {
                if (user == Users / 2)
                {
                    // The first half is taken, the second one is only kept.
                    while (Told(told).Count() < Users) told.Add(await receiver.NextAsync());
                    receiver.Answer = static _ => (503, "");
                }

                clients.Add(await relay.JoinAsync(NameOf(user)));
            }

            // What was tried was kept: it must not be lost. The rest may be.
            while (!Told(told).Any(static one => User(one) == NameOf(Users / 2))) told.Add(await receiver.NextAsync());
            relay.Kill();
            await relay.ExitAsync();
            foreach (var client in clients) await client.DisposeAsync();
        }

        var before = Told(told).Select(Id).ToHashSet();
        receiver.Answer = static _ => (200, "");
        await using var next = await StartAsync(receiver);
        do told.Add(await receiver.NextAsync());
        while (Process(told[^1]) == Process(told[0]));

        var events = Told(told).DistinctBy(Id).ToList();
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(static one => int.Parse(Id(one).Split('-')[1], CultureInfo.InvariantCulture)).Order());
        Assert.Equal(events.Count, events.Select(static one => (one.GetProperty("event").GetString(), User(one))).Distinct().Count());
        Assert.Superset(before, events.Select(Id).ToHashSet());
        foreach (var again in told.GroupBy(static request => request.Delivery)) Assert.Single(again.Select(static request => Convert.ToHexString(request.Bytes)).Distinct());
        output.WriteLine($"{2 * Users} events had happened, {before.Count} had been tried before the kill, {2 * Users - events.Count} were lost with it.");
    }

    private static IEnumerable<JsonElement> Told(IEnumerable<HookRequest> requests) => requests.SelectMany(static request => request.Body.GetProperty("events").EnumerateArray());

    private static string Id(JsonElement one) => one.GetProperty("id").GetString()!;

    private static string User(JsonElement one) => one.GetProperty("user_id").GetString()!;

    private static string Process(HookRequest request) => request.Body.GetProperty("process").GetString()!;

    private static string NameOf(int user) => "user-" + user.ToString(CultureInfo.InvariantCulture);

    private Task<RelayProcess> StartAsync(HookReceiver receiver) => RelayProcess.StartAsync(
        _folder.FullName, null, ("RELAY_WEBHOOKS__URL", receiver.Url), ("RELAY_WEBHOOKS__SECRET", HookReceiver.Secret));
}
