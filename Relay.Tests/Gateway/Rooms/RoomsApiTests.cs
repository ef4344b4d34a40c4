using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Relay.Gateway.Hosting;
using Relay.Tests.Support;
using Relay.WebSockets;

namespace Relay.Tests.Gateway.Rooms;

public sealed class RoomsApiTests : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private RelayServer? _relay;

    private RelayServer Server => _relay!;

    public async Task InitializeAsync()
    {
        _relay = await RoomServer.StartAsync();
        _http.BaseAddress = Server.Url;
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    [Fact]
    public async Task RoomsAreListedInPartsAndByTenant()
    {
        foreach (var room in (string[])["c", "a", "b", "b"]) await (await Server.ConnectAsync("/rooms/" + room + "?since=")).ReceiveJsonAsync("joined");
        await (await Server.ConnectAsync("/t/acme/?since=")).ReceiveJsonAsync("joined");

        Assert.Equal("""{"total":3,"rooms":[{"room":"a","members":1},{"room":"b","members":2}],"next":"b"}""", await _http.GetStringAsync("/api/v1/rooms?limit=2"));
        Assert.Equal("""{"total":3,"rooms":[{"room":"c","members":1}],"next":null}""", await _http.GetStringAsync("/api/v1/rooms?after=b"));
        Assert.Equal("""{"total":1,"rooms":[{"room":"default","members":1}],"next":null}""", await _http.GetStringAsync("/t/acme/api/v1/rooms"));
    }

    [Fact]
    public async Task MembersAreListedWhereTheRoomShowsThem()
    {
        var a = await Server.ConnectAsync("/rooms/shown-1?since=&user_id=alice");
        var id = (await a.ReceiveJsonAsync("joined")).GetProperty("connection_id").GetString();
        await (await Server.ConnectAsync("/rooms/plain?since=")).ReceiveJsonAsync("joined");

        var members = await _http.GetFromJsonAsync<JsonElement>("/api/v1/rooms/shown-1/members");
        Assert.Equal($$"""{"total":1,"members":[{"connection_id":"{{id}}","user_id":"alice"}],"next":null}""", members.GetRawText());
        Assert.Equal((HttpStatusCode.Conflict, "presence_off"), await FaultAsync("/api/v1/rooms/plain/members"));
        Assert.Equal((HttpStatusCode.NotFound, "room_not_found"), await FaultAsync("/api/v1/rooms/none/members"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_limit"), await FaultAsync("/api/v1/rooms/plain/members?limit=0"));
        Assert.Equal((HttpStatusCode.BadRequest, "bad_room"), await FaultAsync($"/api/v1/rooms/{new string('x', 300)}/members"));
    }

    [Fact]
    public async Task ABackEndPublishesTextAndBinary()
    {
        var a = await Server.ConnectAsync("/rooms/news-a%2Fb?since=");
        await a.ReceiveJsonAsync("joined");
        var bare = await Server.ConnectAsync("/rooms/news-a%2Fb");
        Assert.Equal("joined", (await (await Server.ConnectAsync("/rooms/news-a%2Fb?since=")).ReceiveJsonAsync("joined")).GetProperty("type").GetString());

        Assert.Equal("""{"members":3}""", await PublishAsync("/api/v1/rooms/news-a%2Fb/messages", new StringContent("hällo")));
        await PublishAsync("/api/v1/rooms/news-a%2Fb/messages", new ByteArrayContent([1, 2]) { Headers = { ContentType = new("application/octet-stream") } });

        await bare.ExpectTextAsync("hällo");
        Assert.Equal(Opcode.Binary, (await bare.ReceiveAsync()).Opcode);
        Assert.Equal("hällo", (await a.ReceiveJsonAsync("message")).GetProperty("text").GetString());
        Assert.Equal("AQI=", (await a.ReceiveJsonAsync("message")).GetProperty("binary").GetString());
        Assert.Equal("""{"members":0}""", await PublishAsync("/api/v1/rooms/nobody/messages", new StringContent("x")));
    }

    [Fact]
    public async Task AFaultyPublicationIsRefused()
    {
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await _http.PostAsync("/api/v1/rooms/a/messages", new ByteArrayContent(new byte[65537]))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _http.PostAsync("/api/v1/rooms/a/messages", new ByteArrayContent([0xff]))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _http.GetAsync("/api/v1/rooms/a/messages")).StatusCode);
        using var foreign = new HttpRequestMessage(HttpMethod.Post, "/api/v1/rooms/a/messages") { Content = new StringContent("x"), Headers = { { "Origin", "https://evil.example" } } };
        Assert.Equal(HttpStatusCode.Forbidden, (await _http.SendAsync(foreign)).StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/v1/rooms/a/members")]
    [InlineData("/api/v1/rooms/a/messages")]
    public async Task ATenantThatIsUnknownOrSuspendedIsRefusedEverywhere(string path)
    {
        await using var relay = await RoomServer.StartAsync(settings: all => all with { Tenants = all.Tenants.Add("late", new RelayTenantOptions { Suspended = true }) });
        Assert.Equal((HttpStatusCode.NotFound, "unknown_tenant"), await AskAsync(relay, "/t/none" + path));
        Assert.Equal((HttpStatusCode.Forbidden, "tenant_suspended"), await AskAsync(relay, "/t/late" + path));
    }

    [Theory]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/v1/rooms/a/messages")]
    public async Task WithoutRoomsThereIsNothingToAsk(string path)
    {
        await using var relay = await RoomServer.StartAsync(rooms => rooms with { Enabled = false });
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await AskAsync(relay, path));
    }

    [Fact]
    public async Task APublicationThatWouldBeginOneRoomTooManyIsRefused()
    {
        await using var relay = await RoomServer.StartAsync(rooms => rooms with { MaxRooms = 1 });
        await (await relay.ConnectAsync("/rooms/only")).ExpectMemberAsync();
        using var answer = await _http.PostAsync(new Uri(relay.Url, "/api/v1/rooms/history-1/messages"), new StringContent("x"));
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("too_many_rooms", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    private async Task<string> PublishAsync(string path, HttpContent content)
    {
        using var answer = await _http.PostAsync(path, content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private async Task<(HttpStatusCode, string?)> AskAsync(RelayServer relay, string path)
    {
        using var request = new HttpRequestMessage(path.EndsWith("messages", StringComparison.Ordinal) ? HttpMethod.Post : HttpMethod.Get, new Uri(relay.Url, path)) { Content = new StringContent("x") };
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    private async Task<(HttpStatusCode, string?)> FaultAsync(string path)
    {
        using var answer = await _http.GetAsync(path);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }
}
