namespace Relay.Gateway.Storage;

/// <summary>The store cannot be opened, so the relay cannot start. The message is one line, names the file and is meant for the operator.</summary>
internal sealed class StoreStartException(string message, Exception? inner = null) : Exception(message, inner);
