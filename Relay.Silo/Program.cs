using Relay.Silo;

return await SiloApplication.RunAsync(args);
