using System.Diagnostics.CodeAnalysis;
using Relay.Gateway.Tenants;

namespace Relay.Gateway.Api;

/// <summary>All operations of <c>/api/v1</c>, and those of them that tenants have.</summary>
internal sealed class ApiTable
{
    private readonly TenantDirectory _tenants;
    private volatile Edition _edition;

    public ApiTable(TenantDirectory tenants) => (_tenants, _edition) = (tenants, Edition.Of(tenants.Jobs));

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
        .. KeyOperations.All,
        .. OpenApiOperations.All,
    ];

    /// <summary>The operations that one tenant has at the least.</summary>
    public IReadOnlyList<ApiOperation> Served => Current.Served;

    /// <summary>The OpenAPI document of the operations that are served.</summary>
    public ReadOnlyMemory<byte> OpenApi => Current.OpenApi.Value;

    private Edition Current => _edition is var known && known.Jobs == _tenants.Jobs ? known : _edition = Edition.Of(_tenants.Jobs);

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

    private sealed record Edition(TenantJobs Jobs, IReadOnlyList<ApiOperation> Served, Lazy<byte[]> OpenApi)
    {
        public static Edition Of(TenantJobs jobs)
        {
            IReadOnlyList<ApiOperation> served = [.. All.Where(operation => (operation.Job & jobs) == operation.Job)];
            return new(jobs, served, new(() => OpenApiDocument.Write(served)));
        }
    }
}
