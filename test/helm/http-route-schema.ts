const name = { type: 'string', pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$' };
const strings = { type: 'object', additionalProperties: { type: 'string' } };
const reference = {
  group: { type: 'string' },
  kind: { type: 'string' },
  name,
  namespace: name,
  sectionName: name,
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
};

/** The parts of an HTTPRoute (Gateway API v1) that the chart uses; no npm package has them all. */
export const httpRouteSchema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', 'spec'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'gateway.networking.k8s.io/v1' },
    kind: { const: 'HTTPRoute' },
    metadata: {
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: { name, namespace: name, labels: strings, annotations: strings },
    },
    spec: {
      type: 'object',
      additionalProperties: false,
      properties: {
        parentRefs: {
          type: 'array',
          items: { type: 'object', required: ['name'], additionalProperties: false, properties: reference },
        },
        hostnames: { type: 'array', items: { type: 'string', minLength: 1 } },
        rules: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            properties: {
              matches: {
                type: 'array',
                items: {
                  type: 'object',
                  additionalProperties: false,
                  properties: {
                    path: {
                      type: 'object',
                      additionalProperties: false,
                      properties: {
                        type: { enum: ['Exact', 'PathPrefix', 'RegularExpression'] },
                        value: { type: 'string', pattern: '^/' },
                      },
                    },
                  },
                },
              },
              backendRefs: {
                type: 'array',
                items: {
                  type: 'object',
                  required: ['name'],
                  additionalProperties: false,
                  properties: { ...reference, weight: { type: 'integer' } },
                },
              },
            },
          },
        },
      },
    },
  },
} as const;
