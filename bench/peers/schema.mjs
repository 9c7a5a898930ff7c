// The part of schema.graphql that the queries of bench/reads.py use, with the same shape.
export const typeDefs = `
scalar Instant
scalar Long
enum ActorType { HUMAN SERVICE CONTROLLER }
type Query {
  artifact(name: String!, appId: String!): Artifact
  artifacts(appId: String, first: Int! = 20): ArtifactConnection!
}
type ArtifactConnection { nodes: [Artifact!]! }
type Artifact {
  name: String!
  current: ArtifactState
  asOf(time: Instant!): ArtifactState
  events(first: Int! = 20): ArtifactEventConnection!
}
type ArtifactEventConnection { nodes: [ArtifactEvent!]! }
type ArtifactState {
  apiVersion: String
  version: Int!
  validFrom: Instant!
  spec: ArtifactSpec
  status: ArtifactStatus
}
type ArtifactSpec {
  version: String
  description: String
  regions: [String]
  bundles: [ArtifactSpecBundles]
}
type ArtifactSpecBundles { name: String type: String location: String checksum: String sizeBytes: Long }
type ArtifactStatus { phase: String message: String }
type ArtifactEvent { id: ID! kind: String! timestamp: Instant! version: Int! actor: Actor! }
type Actor { id: String! type: ActorType! }
`;
