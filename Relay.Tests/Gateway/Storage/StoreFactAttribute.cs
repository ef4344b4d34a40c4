using Relay.Tests.Gateway.Storage.Postgres;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Relay.Tests.Gateway.Storage;

/// <summary>What a test class cannot do without: its tests are skipped where that is not installed, but never by CI, where that is a failure.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsPostgresAttribute : Attribute
{
    /// <summary>Why a class's tests cannot run, or null.</summary>
    public static string? Missing(ITypeInfo tests) =>
        tests.GetCustomAttributes(typeof(NeedsPostgresAttribute)).Any() ? PostgresPrograms.Missing : null;
}

/// <summary>A test of a suite that runs on several stores.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Relay.Tests.Gateway.Storage.StoreFactDiscoverer", "Relay.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

/// <inheritdoc cref="StoreFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Relay.Tests.Gateway.Storage.StoreTheoryDiscoverer", "Relay.Tests")]
public sealed class StoreTheoryAttribute : TheoryAttribute;

/// <inheritdoc cref="StoreFactAttribute"/>
public sealed class StoreFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions options, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        NeedsPostgresAttribute.Missing(testMethod.TestClass.Class) is { } reason
            ? new XunitSkippedDataRowTestCase(
                DiagnosticMessageSink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), testMethod, reason)
            : base.CreateTestCase(options, testMethod, factAttribute);
}

/// <inheritdoc cref="StoreFactAttribute"/>
public sealed class StoreTheoryDiscoverer(IMessageSink diagnostics) : TheoryDiscoverer(diagnostics)
{
    /// <inheritdoc/>
    public override IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions options, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        NeedsPostgresAttribute.Missing(testMethod.TestClass.Class) is { } reason
            ? CreateTestCasesForSkip(options, testMethod, theoryAttribute, reason)
            : base.Discover(options, testMethod, theoryAttribute);
}
