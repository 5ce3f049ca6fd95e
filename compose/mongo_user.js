// Runs once, when the database is first made: the migration gets a user for its own database only.
db.getSiblingDB(process.env.CDP_MONGO_DATABASE).createUser({
  user: process.env.CDP_MONGO_USERNAME,
  pwd: process.env.CDP_MONGO_PASSWORD,
  roles: [{ role: "readWrite", db: process.env.CDP_MONGO_DATABASE }],
});
