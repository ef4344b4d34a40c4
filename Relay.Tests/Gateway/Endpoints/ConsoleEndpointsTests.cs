using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Relay.Core.Errors;
using Relay.Gateway.Endpoints;
using Relay.Tests.Support;

namespace Relay.Tests.Gateway.Endpoints;

public partial class ConsoleEndpointsTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/t/acme/")]
    public async Task ServesThePageUnderAStrictPolicy(string path)
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        using var response = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'self'; connect-src 'self' ws: wss:;", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task EveryFileHasItsTypeAndIsKeptByItsTag()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        var assets = ConsoleAsset.LoadAll().ToList();
        Assert.Contains(assets, asset => asset.Name == "main.js");
        foreach (var asset in assets)
        {
            var path = asset.Name == ConsoleAsset.Page ? "/" : "/console/" + asset.Name;
            using var full = await http.GetAsync(path);
            Assert.Equal(asset.ContentType, full.Content.Headers.ContentType!.ToString());
            Assert.Equal(asset.Content, await full.Content.ReadAsByteArrayAsync());
            Assert.True(full.Headers.CacheControl!.NoCache);

            foreach (var known in new[] { full.Headers.ETag!, new EntityTagHeaderValue(full.Headers.ETag!.Tag, isWeak: true), EntityTagHeaderValue.Any })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                request.Headers.IfNoneMatch.Add(known);
                using var same = await http.SendAsync(request);
                Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
                Assert.Equal(full.Headers.ETag, same.Headers.ETag);
                Assert.Empty(await same.Content.ReadAsByteArrayAsync());
            }
        }

        Assert.Equal(assets.Count, assets.Select(asset => asset.Tag.ToString()).Distinct().Count());
    }

    [Fact]
    public async Task HeadHasTheLengthAndNoBody()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        using var response = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Content.Headers.ContentLength > 0);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task OtherMethodsAndOtherFilesAreRefused()
    {
        await using var relay = await RelayServer.StartAsync();
        using var http = Client(relay);
        using var post = await http.PostAsync("/", new StringContent("x"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        foreach (var path in new[] { "/console/", "/console/index.html", "/console/nothing.js", "/console/..%2Frelay.yaml" })
        {
            using var response = await http.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    [Fact]
    public async Task AWebSocketAtThePagesAddressIsNotGivenThePageAlsoWithoutRooms()
    {
        await using var relay = await RelayServer.StartAsync(static settings => settings with { Rooms = new() { Enabled = false } });
        using var http = Client(relay);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("WebSocket"));
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public void ThePageNamesOnlyItsOwnFilesAndHoldsNoScript()
    {
        var names = ConsoleAsset.LoadAll().Select(asset => "/console/" + asset.Name).ToHashSet();
        foreach (var asset in ConsoleAsset.LoadAll())
        {
            var text = System.Text.Encoding.UTF8.GetString(asset.Content);
            Assert.DoesNotContain("innerHTML", text, StringComparison.Ordinal);
            foreach (Match file in Reference().Matches(text))
                Assert.Contains("/console/" + file.Groups[1].Value, names);
            if (asset.Name != ConsoleAsset.Page) continue;
            Assert.DoesNotMatch(@"<script(?![^>]* src=)|\son\w+=|\sstyle=|javascript:|https?://", text);
        }
    }

    [Fact]
    public void EveryCloseReasonOfTheCatalogueIsExplainedByThePage()
    {
        var page = System.Text.Encoding.UTF8.GetString(ConsoleAsset.LoadAll().Single(asset => asset.Name == "closecodes.js").Content);
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            var entry = ErrorCatalogue.Of(reason);
            if (entry.Code == 0) continue;
            var advice = entry.Reconnect switch
            {
                Reconnect.Never => "never",
                Reconnect.AtOnce => "at once",
                Reconnect.Later => "later",
            };
            Assert.Contains($"{{ code: {entry.Code}, name: '{entry.Name}', reconnect: '{advice}',", page, StringComparison.Ordinal);
        }
    }

    private static HttpClient Client(RelayServer relay) => new() { BaseAddress = relay.Url, Timeout = TimeSpan.FromSeconds(30) };

    [GeneratedRegex("""(?:from '\./|(?:src|href)="/console/)([^'"]+)""")]
    private static partial Regex Reference();
}
