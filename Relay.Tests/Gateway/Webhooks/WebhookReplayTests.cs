using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Relay.Tests.Support;
using WebhookReceiver;

namespace Relay.Tests.Gateway.Webhooks;

/// <summary>A receiver as the documentation wants it (samples/WebhookReceiver), and somebody who has overheard a delivery.</summary>
public sealed class WebhookReplayTests : IAsyncLifetime
{
    private readonly List<string> _applied = [];
    private readonly ShiftedTime _time = new();
    private readonly HttpClient _http = new();
    private HookReceiver _relaysReceiver = null!;
    private RelayServer _relay = null!;
    private WebApplication _app = null!;

    public async Task InitializeAsync()
    {
        _app = HookApp.Build(new(Encoding.UTF8.GetBytes(HookReceiver.Secret), _time, one => _applied.Add(one.GetProperty("event").GetString()!)), ["--urls", "http://127.0.0.1:0"]);
        await _app.StartAsync();
        _relaysReceiver = await HookReceiver.StartAsync();
        _relay = await RelayServer.StartAsync(_relaysReceiver.Hooked());
        await _relaysReceiver.NextAsync();
    }

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _relaysReceiver.DisposeAsync();
        await _app.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task ACapturedDeliveryIsRefusedWhenItIsSentAgain()
    {
        var captured = await CaptureAsync();
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(captured));
        var applied = _applied.ToArray();
        Assert.NotEmpty(applied);
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(captured));
        foreach (var late in (TimeSpan[])[TimeSpan.FromSeconds(301), TimeSpan.FromMinutes(11), TimeSpan.FromDays(1)])
        {
            _time.Shift = late;
            Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(captured));
        }

        Assert.Equal(applied, _applied);
    }

    [Fact]
    public async Task ACapturedDeliveryThatWasChangedIsRefused()
    {
        var captured = await CaptureAsync();
        var later = (long.Parse(captured.Timestamp, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(captured with { Timestamp = later }));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(captured with { Timestamp = "" }));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(captured with { Signature = "v1=" }));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(captured with { Bytes = [.. captured.Bytes, (byte)' '] }));
        Assert.Empty(_applied);
    }

    [Fact]
    public async Task WhatTheRelayItselfSendsAgainIsKnownByItsIdsAndAppliedOnce()
    {
        _relaysReceiver.Answer = static _ => (500, "");
        var first = await CaptureAsync();
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(first));
        var applied = _applied.ToArray();
        _relaysReceiver.Answer = static _ => (200, "");
        var again = await _relaysReceiver.NextAsync();
        Assert.Equal((first.Delivery, Convert.ToHexString(first.Bytes)), (again.Delivery, Convert.ToHexString(again.Bytes)));
        Assert.NotEqual((first.Timestamp, first.Signature), (again.Timestamp, again.Signature));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(again));
        Assert.Equal(applied, _applied);
    }

    private async Task<HookRequest> CaptureAsync()
    {
        await _relay.JoinAsync("alice");
        return await _relaysReceiver.NextAsync();
    }

    private async Task<HttpStatusCode> PostAsync(HookRequest delivery)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _app.Urls.First() + "/hook") { Content = new ByteArrayContent(delivery.Bytes) };
        request.Headers.TryAddWithoutValidation("Relay-Timestamp", delivery.Timestamp);
        request.Headers.TryAddWithoutValidation("Relay-Signature", delivery.Signature);
        using var response = await _http.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
