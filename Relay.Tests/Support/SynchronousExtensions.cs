namespace Relay.Tests.Support;

/// <summary>For calls whose answer must be there when they return.</summary>
internal static class SynchronousExtensions
{
    public static void MustBeDone(this ValueTask task)
    {
        Assert.True(task.IsCompleted, "The call has not ended when it returned.");
        task.GetAwaiter().GetResult();
    }
}
