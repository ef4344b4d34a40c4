using System.Text.Json.Serialization;
using Relay.Core;
using Relay.Core.Runtime;

namespace Relay.Gateway.Nodes;

/// <summary><c>/v1/models</c>: what the tenant's nodes serve.</summary>
internal sealed class ModelsEndpoint(IRelayRuntime runtime)
{
    public async Task ListAsync(HttpContext context, TenantId tenant)
    {
        var models = await FindAsync(context, tenant);
        await context.Response.WriteAsJsonAsync(new ModelList("list", models), ModelsJson.Default.ModelList, cancellationToken: context.RequestAborted);
    }

    public async Task GetAsync(HttpContext context, TenantId tenant, string id)
    {
        if ((await FindAsync(context, tenant)).FirstOrDefault(model => model.Id == id) is { } found)
            await context.Response.WriteAsJsonAsync(found, ModelsJson.Default.Model, cancellationToken: context.RequestAborted);
        else
            await CallError.UnknownModel(id).WriteAsync(context);
    }

    private async ValueTask<List<Model>> FindAsync(HttpContext context, TenantId tenant)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var listing = await runtime.Nodes.ListAsync(tenant);
        return [.. listing.Models.Where(static model => model.Nodes > 0).Select(static model => new Model(model.Model, "model", 0, "relay"))];
    }
}

/// <summary>The answer of <c>GET /v1/models</c>.</summary>
internal sealed record ModelList(string Object, IReadOnlyList<Model> Data);

/// <summary>A model, as clients of OpenAI's API expect it. When it was made nobody here knows.</summary>
internal sealed record Model(string Id, string Object, long Created, string OwnedBy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModelList))]
internal sealed partial class ModelsJson : JsonSerializerContext;
