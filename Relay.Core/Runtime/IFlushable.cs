namespace Relay.Core.Runtime;

/// <summary>Something that collects output while a batch of turns runs and sends it at the batch's end, once.</summary>
public interface IFlushable
{
    /// <summary>Sends what has been collected. Never blocks.</summary>
    void Flush();
}
