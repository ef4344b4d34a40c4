using System.Diagnostics.CodeAnalysis;
using Relay.Gateway.Hosting;

namespace Relay.Gateway.Api;

/// <summary>All operations of <c>/api/v1</c> that the settings have.</summary>
internal sealed class ApiTable
{
    private readonly Lazy<byte[]> _openApi;

    public ApiTable(RelaySettings settings)
    {
        Served = [.. All.Where(operation => operation.IsServed(settings))];
        _openApi = new(() => OpenApiDocument.Write(Served));
    }

    /// <summary>Every operation that there is.</summary>
    public static IReadOnlyList<ApiOperation> All { get; } =
    [
        .. UserOperations.All,
        .. ConnectionOperations.All,
        .. GroupOperations.All,
        .. HubOperations.All,
        .. RoomOperations.All,
        .. NodeOperations.All,
        .. UsageOperations.All,
        .. TenantOperations.All,
        .. OpenApiOperations.All,
    ];

    public IReadOnlyList<ApiOperation> Served { get; }

    /// <summary>The OpenAPI document of the operations that are served.</summary>
    public ReadOnlyMemory<byte> OpenApi => _openApi.Value;

    /// <summary>Finds the operation of a request.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="segments">Its decoded address.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="allowed">The methods of the address, when it has no such operation; none when there is nothing at the address.</param>
    /// <returns>False when there is none.</returns>
    public bool TryFind(string method, IReadOnlyList<string> segments, [NotNullWhen(true)] out ApiOperation? operation, out IReadOnlyList<string> allowed)
    {
        var here = Served.Where(one => one.Matches(segments)).ToList();
        operation = here.Find(one => HttpMethods.Equals(one.Method, method));
        allowed = [.. here.Select(static one => one.Method)];
        return operation is not null;
    }
}
