namespace WebhookReceiver;

/// <summary>The address that the relay's <c>webhooks.url</c> names: <c>POST /hook</c>.</summary>
internal static class HookApp
{
    // A delivery has at most 100 events.
    private const int MaxBodyBytes = 1 << 20;

    /// <summary>Builds it; <c>--urls http://127.0.0.1:9000</c> says where it listens.</summary>
    public static WebApplication Build(HookInbox inbox, string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
        var app = builder.Build();
        app.MapPost("/hook", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            context.Response.StatusCode = (int)inbox.Take(context.Request.Headers["Relay-Timestamp"].ToString(), context.Request.Headers["Relay-Signature"].ToString(), body.ToArray());
        });
        return app;
    }
}
