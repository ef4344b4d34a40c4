using Microsoft.Net.Http.Headers;

namespace Relay.Gateway.Endpoints;

/// <summary>The page at <c>/</c> (and so at <c>/t/{tenant}/</c>), and its files under <c>/console/</c>.</summary>
internal static class ConsoleEndpoints
{
    // The page shows what users and frames carry: should a text ever reach the document as markup, nothing runs.
    private const string ContentSecurityPolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapConsole(this IEndpointRouteBuilder app)
    {
        foreach (var asset in ConsoleAsset.LoadAll())
        {
            if (asset.Name == ConsoleAsset.Page)
                app.MapMethods("/", Methods, context => SendPageAsync(context, asset));
            else
                app.MapMethods("/console/" + asset.Name, Methods, context => SendAsync(context, asset));
        }
    }

    private static Task SendPageAsync(HttpContext context, ConsoleAsset page)
    {
        // The same addresses as WebSockets are rooms, also when there are none; a room is no page.
        if (WebSocketHandshake.IsWanted(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return SendAsync(context, page);
    }

    private static async Task SendAsync(HttpContext context, ConsoleAsset asset)
    {
        var response = context.Response;
        response.GetTypedHeaders().ETag = asset.Tag;
        // The names stay the same from release to release: keep, but ask every time.
        response.Headers.CacheControl = "no-cache";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (IsKnown(context.Request, asset.Tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = asset.ContentType;
        response.ContentLength = asset.Content.Length;
        if (HttpMethods.IsGet(context.Request.Method)) await response.Body.WriteAsync(asset.Content, context.RequestAborted);
    }

    private static bool IsKnown(HttpRequest request, EntityTagHeaderValue tag)
    {
        foreach (var known in request.GetTypedHeaders().IfNoneMatch)
            if (known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any)) return true;
        return false;
    }
}
