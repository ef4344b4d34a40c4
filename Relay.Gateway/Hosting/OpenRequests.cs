using Microsoft.AspNetCore.Http.Features;

namespace Relay.Gateway.Hosting;

/// <summary>The HTTP requests that are being answered, without those that ask for a socket: a stop waits for them as it does for messages under way.</summary>
internal sealed class OpenRequests
{
    private readonly TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _draining;
    private int _open;

    public int Count => Volatile.Read(ref _open);

    /// <summary>The relay stops.</summary>
    /// <returns>A task that ends when no request is being answered.</returns>
    public Task BeginDrain()
    {
        _draining = true;
        Interlocked.MemoryBarrier(); // who is not counted below has seen the flag
        if (Volatile.Read(ref _open) == 0) _none.TrySetResult();
        return _none.Task;
    }

    /// <summary>Has to stand before everything that answers.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } ? next(context) : CountAsync(context, next);

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _open);
        try
        {
            // Whoever keeps its connection would ask the relay that stops as long as it can.
            if (_draining) context.Response.Headers.Connection = "close";
            await next(context);
        }
        finally
        {
            if (Interlocked.Decrement(ref _open) == 0 && _draining) _none.TrySetResult();
        }
    }
}
