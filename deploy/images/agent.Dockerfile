# The far end that dials out, a node or a local proxy: docs/agent.md. Build from the root of the repository:
#   docker build -f deploy/images/agent.Dockerfile -t relay-agent .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish Relay.Agent -c Release -o /app -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/runtime:10.0-noble-chiseled
COPY --from=build /app /app
USER 1654:1654
WORKDIR /app
ENV DOTNET_EnableDiagnostics=0
ENTRYPOINT ["dotnet", "/app/relay-agent.dll"]
