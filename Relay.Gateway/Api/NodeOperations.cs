using System.Text.Json.Serialization;
using Relay.Core.Runtime;
using Relay.Gateway.Auth;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>A tenant's nodes and models, and which nodes get no new requests.</summary>
internal static class NodeOperations
{
    private const string Nodes = "/api/v1/nodes";

    private static readonly ApiFault NoNode = new(StatusCodes.Status404NotFound, "node_not_found", "There is no such node now.");

    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        new("listNodes", HttpMethods.Get, Nodes, Access.Observe, "Lists nodes, and the models that they serve.", ListAsync)
        {
            Job = TenantJobs.Nodes,
            Answer = new(
                """{"nodes":[{"node_id":"node-1","models":["m"],"capacity":8,"in_flight":0,"draining":false}],"models":[{"model":"m","nodes":1,"waiting":0}]}""",
                NodesJson.Default.NodesView),
        },
        new("drainNode", HttpMethods.Post, Nodes + "/{node}/drain", Access.Operate, "Gives a node no new requests, also when it connects again; it finishes what it has.", static call => DrainAsync(call, drains: true))
        {
            Job = TenantJobs.Nodes,
            Faults = [NoNode],
        },
        new("undrainNode", HttpMethods.Delete, Nodes + "/{node}/drain", Access.Operate, "Gives a node new requests again.", static call => DrainAsync(call, drains: false))
        {
            Job = TenantJobs.Nodes,
            Faults = [NoNode],
        },
    ];

    private static async Task ListAsync(ApiCall call) => await call.AnswerAsync(NodesView.Of(await call.Runtime.Nodes.ListAsync(call.Tenant)), NodesJson.Default.NodesView);

    private static async Task DrainAsync(ApiCall call, bool drains) =>
        await (await call.Runtime.Nodes.DrainAsync(call.Tenant, call["node"], drains) ? call.DoneAsync() : call.RefuseAsync(NoNode));
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
