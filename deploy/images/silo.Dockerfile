# A node of a relay cluster; --role says what it hosts: docs/operations.md. Build from the root of the repository:
#   docker build -f deploy/images/silo.Dockerfile -t relay-silo .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
# The packages Microsoft.Orleans.* come from the public feed, or from the folder or URL that this names.
ARG RELAY_PACKAGE_SOURCE=
WORKDIR /source
COPY . .
RUN dotnet publish Relay.Silo -c Release -o /app -p:UseAppHost=false && mkdir /data

# No shell and no package manager in it; its user app is 1654.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
COPY --from=build /app /app
COPY deploy/images/relay.yaml /etc/relay/relay.yaml
# The only folder that is written to, and only without PostgreSQL. Numbers, so that an orchestrator sees that it is not root.
COPY --from=build --chown=1654:1654 /data /var/lib/relay
USER 1654:1654
WORKDIR /var/lib/relay
# The runtime's diagnostics write sockets and maps to /tmp, which is read-only here.
ENV DOTNET_EnableDiagnostics=0
EXPOSE 8080 9090 11111 30000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["dotnet", "/app/Relay.Silo.dll", "--config-file", "/etc/relay/relay.yaml", "--check-health"]
ENTRYPOINT ["dotnet", "/app/Relay.Silo.dll", "--config-file", "/etc/relay/relay.yaml"]
