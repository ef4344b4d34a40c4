namespace Relay.Tests.Gateway.Connections;

/// <summary>A test of what only Linux tells of a socket.</summary>
internal sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "The kernel's TCP_INFO is Linux's.";
    }
}
