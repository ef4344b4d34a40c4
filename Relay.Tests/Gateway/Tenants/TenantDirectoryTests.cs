using Relay.Core;
using Relay.Gateway.Hosting;
using Relay.Gateway.Tenants;
using Relay.Tests.Gateway.Settings;

namespace Relay.Tests.Gateway.Tenants;

public class TenantDirectoryTests
{
    private static readonly TenantId A = new("a");
    private static readonly TenantId B = new("b");

    [Fact]
    public void EveryNameIsATenantWhileTheSettingsNameNone()
    {
        var directory = new TenantDirectory(new RelaySettings());
        Assert.True(directory.IsOpen);
        Assert.Equal(TenantSource.Open, directory.Find(A)?.Source);
        Assert.Same(directory.Settings, directory.Find(A)?.Settings);
        Assert.Equal("default", Assert.Single(directory.Named).Id.Name);
    }

    [Fact]
    public void OnlyThoseThatAreNamedExistOnceOneIs()
    {
        var directory = Of("tenants: { a: { suspended: true } }");
        Assert.True(directory.Find(A)?.IsSuspended);
        Assert.Null(directory.Find(B));
        Assert.Null(directory.Find(TenantId.Default));
        Assert.Null(directory.Find(new TenantId("A")));
    }

    [Fact]
    public void AStoredTenantIsOneBesideThoseOfTheSettingsWhichCountWhereBothNameIt()
    {
        var directory = Of("tenants: { a: { suspended: true } }");
        Store(directory, A, new());
        Store(directory, B, new());
        Assert.Equal((TenantSource.Settings, true), (directory.Find(A)!.Source, directory.Find(A)!.IsSuspended));
        Assert.Equal(TenantSource.Api, directory.Find(B)?.Source);
        Store(directory, B, null);
        Assert.Null(directory.Find(B));
    }

    [Fact]
    public void AStoredTenantDoesNotCloseAnOpenRelayToOtherNames()
    {
        var directory = new TenantDirectory(new RelaySettings());
        Store(directory, A, new() { Suspended = true });
        Assert.True(directory.Find(A)?.IsSuspended);
        Assert.NotNull(directory.Find(B));
        Store(directory, TenantId.Default, new() { Suspended = true });
        Assert.True(directory.Find(TenantId.Default)?.IsSuspended);
    }

    [Fact]
    public void WhatChangedIsToldAndNothingElse()
    {
        var directory = Of("tenants: { a: {}, b: {}, c: {} }");
        var told = new List<string>();
        directory.Changed += change => told.Add($"{change.Id} {change.Was?.IsSuspended} {change.Now?.IsSuspended}");
        directory.Take(Loading.SettingsOf("tenants: { a: {}, b: { suspended: true }, d: {} }"));
        Assert.Equal(["b False True", "c False ", "d  False"], told.Order(StringComparer.Ordinal));
        told.Clear();
        directory.Take(Loading.SettingsOf("server: { port: 1 }\ntenants: { a: {}, b: { suspended: true }, d: {} }"));
        Assert.Empty(told);
        directory.Take(Loading.SettingsOf("server: { allowed_origins: [http://x] }\ntenants: { a: {}, b: { suspended: true }, d: { server: { allowed_origins: [] } } }"));
        Assert.Equal(["a False False", "b True True"], told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AChangeOfAnOpenRelayIsToldOfNamesThatNobodyNamed()
    {
        var directory = new TenantDirectory(new RelaySettings());
        var told = new List<TenantChange>();
        directory.Changed += told.Add;
        directory.Take(Loading.SettingsOf("tenants: { a: {} }"));
        Assert.Contains(told, change => change.Id is null);
        Assert.Null(directory.Find(B));
    }

    private static void Store(TenantDirectory directory, TenantId id, RelayTenantOptions? options) =>
        directory.TakeStored(new Dictionary<TenantId, RelayTenantOptions?> { [id] = options });

    private static TenantDirectory Of(string yaml) => new(Loading.SettingsOf(yaml));
}
