using System.Text.Json.Serialization;
using Relay.Core;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Endpoints;

namespace Relay.Gateway.Api;

/// <summary>
/// <c>GET /api/v1/nodes</c>, <c>POST</c> and <c>DELETE /api/v1/nodes/{node}/drain</c>: a tenant's nodes and models, and which nodes get no new requests. A tenant's own,
/// under <c>/t/{tenant}</c>, are the same routes behind the path middleware.
/// </summary>
internal static class NodesApi
{
    private const string Prefix = "/api/v1/nodes";

    public static void MapNodesApi(this IEndpointRouteBuilder app)
    {
        app.MapGet(Prefix, ListAsync);
        app.MapPost(Prefix + "/{node}/drain", static context => DrainAsync(context, drains: true));
        app.MapDelete(Prefix + "/{node}/drain", static context => DrainAsync(context, drains: false));
    }

    private static async Task ListAsync(HttpContext context)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Observe)) return;
        var listing = await Nodes(context).ListAsync(Admitted.Of(context).Tenant);
        await context.Response.WriteAsJsonAsync(NodesView.Of(listing), NodesJson.Default.NodesView, cancellationToken: context.RequestAborted);
    }

    private static async Task DrainAsync(HttpContext context, bool drains)
    {
        if (!await ApiRequest.BeginAsync(context, Access.Operate)) return;

        // From the raw target: routing's own decoding would make one node of two.
        if (context.Features.Get<IRelayPath>() is not { Segments: ["api", "v1", "nodes", var node, "drain"] } || !Ids.IsValid(node))
            await ApiError.WriteAsync(context, StatusCodes.Status400BadRequest, "bad_node", $"A node's id is 1 to {Ids.MaxBytes} bytes of UTF-8 without U+0000.");
        else if (await Nodes(context).DrainAsync(Admitted.Of(context).Tenant, node, drains))
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        else
            await ApiError.WriteAsync(context, StatusCodes.Status404NotFound, "node_not_found", "There is no such node now.");
    }

    private static INodeRuntime Nodes(HttpContext context) => context.RequestServices.GetRequiredService<IRelayRuntime>().Nodes;
}

/// <summary>The answer of <c>GET /api/v1/nodes</c>.</summary>
/// <param name="Nodes">The nodes, in the order of their ids. There are no more than <c>nodes.max_nodes</c>.</param>
/// <param name="Models">The models, in the order of their names.</param>
internal sealed record NodesView(IReadOnlyList<NodeItem> Nodes, IReadOnlyList<ModelItem> Models)
{
    public static NodesView Of(NodeListing listing) => new(
        [.. listing.Nodes.Select(static node => new NodeItem(node.Offer.NodeId, node.Offer.Models, node.Offer.Capacity, node.InFlight, node.IsDraining))],
        [.. listing.Models.Select(static model => new ModelItem(model.Model, model.Nodes, model.Waiting))]);
}

/// <summary>A node.</summary>
internal sealed record NodeItem(string NodeId, IReadOnlyList<string> Models, int Capacity, int InFlight, bool Draining);

/// <summary>A model.</summary>
internal sealed record ModelItem(string Model, int Nodes, int Waiting);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(NodesView))]
internal sealed partial class NodesJson : JsonSerializerContext;
