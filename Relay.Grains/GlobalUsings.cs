// Orleans has a type of this name too, in a namespace that every file here imports.
global using ErrorCode = Relay.Core.Errors.ErrorCode;
