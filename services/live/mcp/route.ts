import { createMcpHandler } from '@modelcontextprotocol/server';
import type { FastifyInstance } from 'fastify';
import { operations } from '../operations.ts';
import { mcpServer, type McpSources } from './server.ts';

const bodyBytesMax = 65_536;

/** `POST /mcp`: MCP over streamable HTTP, without sessions. The server's guard asks for the token. */
export function mcpRoute(app: FastifyInstance, sources: McpSources): void {
  const handler = createMcpHandler(() => mcpServer(sources), { maxRequestBodySize: bodyBytesMax });
  app.addHook('preClose', () => handler.close());
  app.post(
    '/mcp',
    { bodyLimit: bodyBytesMax, config: { operation: operations.mcp } },
    async (request, reply) => {
      const headers = new Headers();
      for (const [name, value] of Object.entries(request.headers))
        if (value !== undefined) headers.set(name, [value].flat().join(', '));
      const asked = new Request(`http://${request.host}/mcp`, { method: 'POST', headers });
      const answer = await handler.fetch(asked, { parsedBody: request.body });
      return reply
        .code(answer.status)
        .headers(Object.fromEntries(answer.headers))
        .send(await answer.text());
    },
  );
}
