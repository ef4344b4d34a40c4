namespace Relay.Grains;

/// <summary>
/// The directory of gateways that the caller's gateway is entered in. It travels with the call, so that a hub that begins anew, on a silo that may
/// know nothing yet, notices when the directory that it asks has begun anew as well and does not know all gateways.
/// </summary>
internal static class DirectoryContext
{
    private const string Name = "relay.directory";

    public static string Current => RequestContext.Get(Name) as string ?? "";

    public static void Set(string directory) => RequestContext.Set(Name, directory);
}
