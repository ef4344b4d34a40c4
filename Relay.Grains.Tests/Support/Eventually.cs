using Relay.Tests.Support;

namespace Relay.Grains.Tests.Support;

/// <summary>For what no event tells of: asked again and again, each time by a call through the cluster.</summary>
internal static class Eventually
{
    public static async Task Async(Func<Task<bool>> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition()) Assert.True(TimeProvider.System.GetElapsedTime(began) < RecordingConnection.Patience, "It has not come about.");
    }
}
