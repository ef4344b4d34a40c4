using System.Reflection;
using Relay.Core.Errors;
using Relay.Tests.Repository;

namespace Relay.Tests.Gateway.Hub;

public sealed class CatalogueCoverageTests
{
    private static readonly IReadOnlyList<ProvokesAttribute> Provoked =
        [.. typeof(CatalogueCoverageTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Where(method => method.IsDefined(typeof(FactAttribute)))
            .SelectMany(method => method.GetCustomAttributes<ProvokesAttribute>())];

    // What only a cluster can bring about is provoked there, in tests that are not built with these: their sources tell.
    private static readonly string ClusterTests = string.Concat(SourceTree.CSharp("Relay.Grains.Tests").Select(SourceTree.Read));

    [Fact]
    public void EveryErrorIsProvokedByATest() =>
        Assert.All(Enum.GetValues<ErrorCode>().Except(Provoked.Select(one => one.Error).OfType<ErrorCode>()), static error => Assert.Contains($"[Provokes(ErrorCode.{error})]", ClusterTests));

    [Fact]
    public void EveryCloseReasonIsProvokedByATest() =>
        Assert.Empty(Enum.GetValues<CloseReason>().Except(Provoked.Select(one => one.Close).OfType<CloseReason>()));

    [Fact]
    public void EveryErrorThatClosesNamesItsReason()
    {
        foreach (var error in Enum.GetValues<ErrorCode>())
        {
            if (ErrorCatalogue.Of(error).Closes is { } reason) Assert.Equal(ErrorCatalogue.Of(error).Code, ErrorCatalogue.Of(reason).Name);
        }
    }
}
